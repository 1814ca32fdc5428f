import type { Logger } from 'pino'

/**
 * Closes the resources of a command, the newest first. A failure is logged: it must neither keep the others open, so
 * that the process does not end, nor replace the error that ended the command.
 */
export async function closeAll(opened: readonly (() => Promise<void>)[], logger: Logger): Promise<void> {
  for (const close of opened.toReversed()) {
    await close().catch((error: unknown) => logger.warn({ err: error }, 'not closed in order'))
  }
}
