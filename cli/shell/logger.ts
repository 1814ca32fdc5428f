import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { note } from './output.ts'

/** User name and password in the URLs of a text. */
const CREDENTIALS = /(\b[a-z][a-z\d+.-]*:\/\/)[^\s/@"\\]+@/gi

/**
 * For processes that run for long: JSON lines on stderr, one event each, with `job` and `index` where there are any.
 *
 * @param target for tests @default stderr
 */
export function processLogger(
  level: string,
  target: DestinationStream = destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    { level, base: null, serializers: { err: loggedError } },
    { write: (line: string) => target.write(line.replace(CREDENTIALS, '$1***@')) },
  )
}

/**
 * What is said about an error. pino's own serializer takes every property along: with a client's errors those are
 * the request, documents and all, and the arguments of the command that failed, such as the password of AUTH.
 */
function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name: type, message, stack, cause } = error
  return {
    type,
    message,
    stack,
    ...('code' in error ? { code: error.code } : {}),
    ...(cause instanceof Error ? { cause: `${cause.name}: ${cause.message}` } : {}),
  }
}

/** For commands that a person waits for: what went wrong, as plain text, each message once. */
export function notingLogger(): Logger {
  const said = new Set<string>()
  return pino(
    { level: 'warn', base: null },
    {
      write(line: string) {
        const { msg, reason, id } = JSON.parse(line)
        const text = [msg, id, reason].filter((part) => typeof part === 'string').join(': ')
        if (said.has(text)) return
        said.add(text)
        note(text)
      },
    },
  )
}
