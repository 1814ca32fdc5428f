import type { Logger } from 'pino'
import { type ConnectionFlags, readConfiguration } from '../configuration.ts'
import { interruption } from '../interrupt.ts'
import { reportFailure } from '../output.ts'
import { processLogger } from './logger.ts'

/**
 * Runs a command until it is stopped. All its messages are one log of JSON lines on stderr, including the reason of its
 * end, so that no other line disturbs a log collector; stdout is for `--json`.
 *
 * @param stopping message at the first SIGINT or SIGTERM, which abort the signal
 * @throws LexpandError CONFIGURATION: without settings there is no log yet
 */
export async function runLong(
  flags: ConnectionFlags & { readonly json: boolean },
  stopping: string,
  work: (logger: Logger, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const logger = processLogger(readConfiguration(flags, process.env).logLevel)
  const signal = interruption(stopping, (message) => logger.info(message))
  try {
    await work(logger, signal)
  } catch (error) {
    reportFailure(error, flags.json, () => {})
    logger.fatal({ err: error }, 'ended by an error')
  }
}
