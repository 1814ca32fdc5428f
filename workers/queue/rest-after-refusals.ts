import type { Worker } from 'bullmq'
import { backOffMs } from '../../opensearch/failures/back-off.ts'
import { isDemotion } from './demotion.ts'

const ENDS_POLL_MS = 100
const REST = { firstMs: 500, maxMs: 10_000 }

/**
 * Makes a worker pause while Redis answers its commands with errors (NOPERM, OOM and the like): without a pause it
 * would ask again thousands of times a second. Broken connections have a back-off of their own.
 *
 * @returns a function that tells whether the worker pauses now
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
    // A worker whose loop has not yet ended ignores a resumption and would pause for ever.
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
    // At least half of the first wait: a random wait may otherwise be close to zero.
    wait(REST.firstMs / 2 + backOffMs(refusals++, REST))
  })
  return () => isResting
}
