import type { Worker } from 'bullmq'
import { backOffMs } from '../../opensearch/failures/back-off.ts'
import { isDemotion } from './demotion.ts'

const ENDS_POLL_MS = 100
const REST = { firstMs: 500, maxMs: 10_000 }

/**
 * Makes a worker rest while Redis answers its commands with errors (NOPERM, OOM and the like): it would ask again at
 * once, thousands of times a second. Breaks of the connection have a back-off of their own.
 *
 * @returns whether it rests now
 */
export function restAfterRefusals(worker: Worker, signal: AbortSignal): () => boolean {
  let refusals = 0
  let isResting = false
  worker.on('active', () => {
    refusals = 0
  })
  const wait = (ms: number) => {
    const timer = setTimeout(goOn, ms)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }
  function goOn(): void {
    // A worker whose loop has not yet ended takes no notice of a resumption, and would rest for ever.
    if (worker.isRunning()) {
      wait(ENDS_POLL_MS)
      return
    }
    isResting = false
    worker.resume()
  }
  worker.on('error', (error) => {
    if (isResting || signal.aborted || error.name !== 'ReplyError' || isDemotion(error)) return
    isResting = true
    worker.pause(true).catch(() => undefined)
    // At least half of the first: a rest of nothing is none.
    wait(REST.firstMs / 2 + backOffMs(refusals++, REST))
  })
  return () => isResting
}
