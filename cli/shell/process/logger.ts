import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { note } from '../output.ts'

/** User name and password in the URLs of a text. */
const CREDENTIALS = /(\b[a-z][a-z\d+.-]*:\/\/)[^\s/@"\\]+@/gi

/** Error classes of the clients of Redis and OpenSearch for failures of their service. */
const SERVICE_ERROR =
  /^(ReplyError|MaxRetriesPerRequestError|(Connection|NoLivingConnections|Response|Timeout)Error)$/

/**
 * Logger of long-running processes: JSON lines on stderr, one for each event: `time` in ISO 8601 (UTC), `level` by its
 * name, `msg`, and `job` and `index` if there are any.
 *
 * @param target for tests
 * @default stderr
 */
export function processLogger(
  level: string,
  target: DestinationStream = destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: loggedError },
    },
    { write: (line: string) => target.write(line.replace(CREDENTIALS, '$1***@')) },
  )
}

/**
 * The logged parts of an error. pino's own serializer takes every property along: those of a client's error are the
 * request with its documents, and the arguments of the failed command, such as the password of AUTH. Only defects have
 * a stack: a LexpandError says what to do, and errors of systems and services have a code or a known name.
 */
function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name: type, message, stack, cause } = error
  return {
    type,
    message,
    ...(isDefect(error) ? { stack } : {}),
    ...('code' in error ? { code: error.code } : {}),
    ...(cause instanceof Error ? { cause: `${cause.name}: ${cause.message}` } : {}),
  }
}

function isDefect(error: Error): boolean {
  const hasCode = 'code' in error && typeof error.code === 'string'
  return !hasCode && !error.message.startsWith('[') && !SERVICE_ERROR.test(error.name)
}

/**
 * Logger of commands that a person waits for: prints problems as plain text, each message once.
 *
 * @param stopped once aborted, nothing more is printed: interrupted work is no problem
 */
export function notingLogger(stopped?: AbortSignal): Logger {
  const said = new Set<string>()
  return pino(
    { level: 'warn', base: null },
    {
      write(line: string) {
        if (stopped?.aborted) return
        const { msg, reason, id } = JSON.parse(line)
        const text = [msg, id, reason].filter((part) => typeof part === 'string').join(': ')
        if (said.has(text)) return
        said.add(text)
        note(text)
      },
    },
  )
}
