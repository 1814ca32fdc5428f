import { destination, type Logger, pino } from 'pino'
import { note } from './output.ts'

/** For processes that run for long: JSON lines on stderr, one event each. */
export function processLogger(level: string): Logger {
  return pino({ level, base: null }, destination({ dest: 2, sync: true }))
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
