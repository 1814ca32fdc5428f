import { setTimeout as sleep } from 'node:timers/promises'
import { type BackOff, backOffMs } from '../../opensearch/failures/back-off.ts'

/**
 * Holds jobs of an index back while the engine has no room for it. Without the gate thousands of waiting jobs would be
 * taken, fail and be put back as fast as Redis allows; with it only the jobs in flight try, less and less often.
 */
export class EngineGate {
  readonly #backOff: BackOff
  readonly #signal: AbortSignal
  readonly #closed = new Map<string, { readonly until: number; readonly refusals: number }>()

  /** @param signal aborting ends all waiting */
  constructor(signal: AbortSignal, backOff: BackOff) {
    this.#signal = signal
    this.#backOff = backOff
  }

  /** Resolves when the index may be tried. */
  async pass(index: string): Promise<void> {
    const waitMs = (this.#closed.get(index)?.until ?? 0) - performance.now()
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#signal }).catch(() => {})
  }

  /** @returns milliseconds for which the gate is closed now */
  refused(index: string): number {
    const refusals = this.#closed.get(index)?.refusals ?? 0
    const waitMs = backOffMs(refusals, this.#backOff)
    this.#closed.set(index, { until: performance.now() + waitMs, refusals: refusals + 1 })
    return waitMs
  }

  taken(index: string): void {
    this.#closed.delete(index)
  }
}
