import type { Logger } from 'pino'

/**
 * Closes what a command opened, the newest first. What cannot be closed is logged: it must neither keep the rest open,
 * so that the process does not end, nor take the place of the error that ended the command.
 */
export async function closeAll(opened: readonly (() => Promise<void>)[], logger: Logger): Promise<void> {
  for (const close of opened.toReversed()) {
    await close().catch((error: unknown) => logger.warn({ err: error }, 'not closed in order'))
  }
}
