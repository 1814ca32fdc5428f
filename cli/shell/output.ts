import { ERROR_CODES, type ErrorCode } from '../../sparse/errors.ts'
import { snakeCase } from './snake-case.ts'

/** Exit statuses of every command: 0 done, 1 failed or found problems, 2 wrong usage. */
export const EXIT = { done: 0, problems: 1, usage: 2 } as const

/** For people, on stderr, so that stdout carries results only. */
export function note(message: string): void {
  process.stderr.write(`${message}\n`)
}

/** Keys whose values are those of users. */
const OF_USERS = ['source', 'tokens', 'aggregations', 'innerHits']

/** The result of a command: one JSON object with `--json`, otherwise the text made by `human`. */
export function printResult<T>(asJson: boolean, value: T, human: (value: T) => string): void {
  process.stdout.write(`${asJson ? JSON.stringify(snakeCase(value, OF_USERS)) : human(value)}\n`)
}

/**
 * Says what went wrong and sets the exit status. Errors of ours are a message, since they say what to do;
 * anything else is a defect and comes with its stack.
 *
 * @param say for people @default a line on stderr
 */
export function reportFailure(error: unknown, asJson: boolean, say: (message: string) => void = note): void {
  const { code, message, defect } = describe(error)
  if (asJson) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`)
  else say(defect && error instanceof Error ? (error.stack ?? message) : message)
  process.exitCode = isErrorCode(code) ? ERROR_CODES[code] : EXIT.problems
}

function describe(error: unknown): { code: string; message: string; defect: boolean } {
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: String(error), defect: true }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN'
  // engine/ has error classes of its own, with the same message form: "[part] ...".
  return { code, message: error.message, defect: !error.message.startsWith('[') }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code)
}
