import { note } from './output.ts'

/**
 * A signal that aborts at the first SIGINT or SIGTERM, so that a command can stop in order. The second one ends the
 * process at once; work can be continued after that, too.
 */
export function interruption(message: string, say: (message: string) => void = note): AbortSignal {
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
    say(message)
    controller.abort()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return controller.signal
}
