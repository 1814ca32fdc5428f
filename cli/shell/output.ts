import { ERROR_CODES, type ErrorCode } from '../../sparse/errors.ts'
import { snakeCase } from './snake-case.ts'

/** Exit statuses of every command: 0 done, 1 failed or found problems, 2 wrong usage. */
export const EXIT = { done: 0, problems: 1, usage: 2 } as const

/** Prints a line for people on stderr, so that stdout carries only results. */
export function note(message: string): void {
  process.stderr.write(`${message}\n`)
}

/** Keys whose values have names of users, which keep their letters. */
const OF_USERS = ['source', 'tokens', 'aggregations', 'innerHits']

/** Prints the result of a command: one JSON object with `--json`, otherwise the text made by `human`. */
export function printResult<T>(asJson: boolean, value: T, human: (value: T) => string): void {
  process.stdout.write(`${asJson ? JSON.stringify(snakeCase(value, OF_USERS)) : human(value)}\n`)
}

/**
 * Prints an error and sets the exit status. A LexpandError is printed as its message, which says what to do; any other
 * error is a defect and printed with its stack.
 *
 * @param say prints a line for people
 * @default on stderr
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
  // embedded/ has error classes of its own, with the same form of message: "[part] ...".
  return { code, message: error.message, defect: !error.message.startsWith('[') }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code)
}
