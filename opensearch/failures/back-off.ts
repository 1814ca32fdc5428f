import { setTimeout as sleep } from 'node:timers/promises'

export interface BackOff {
  /** Upper bound of the first wait, in milliseconds. @default 200 */
  readonly firstMs?: number | undefined
  /** Upper bound of every wait, in milliseconds. @default 10_000 */
  readonly maxMs?: number | undefined
}

/**
 * Milliseconds to wait before retry number `attempt` (0 is the first): exponential with full jitter, so that many
 * refused clients do not come back at the same time.
 */
export function backOffMs(attempt: number, { firstMs = 200, maxMs = 10_000 }: BackOff = {}): number {
  return Math.random() * Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 20))
}

export interface Persistence extends BackOff {
  /** No retry starts later than this after the first attempt. */
  readonly giveUpAfterMs: number
  /** Aborting ends the waiting at once; the last failure is then returned. */
  readonly signal?: AbortSignal | undefined
  readonly onRetry?: ((reason: string, waitMs: number) => void) | undefined
}

/**
 * Repeats a step until it is done or time is up.
 *
 * @param step returns undefined when done, else the reason to repeat it; its errors pass through
 * @returns undefined when done, else the last reason
 */
export async function persist(
  step: () => Promise<string | undefined>,
  { giveUpAfterMs, signal, onRetry, ...backOff }: Persistence,
): Promise<string | undefined> {
  const deadline = performance.now() + giveUpAfterMs
  for (let attempt = 0; ; attempt++) {
    const reason = await step()
    if (reason === undefined) return undefined
    const waitMs = backOffMs(attempt, backOff)
    if (signal?.aborted || performance.now() + waitMs > deadline) return reason
    onRetry?.(reason, waitMs)
    await sleep(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
  }
}
