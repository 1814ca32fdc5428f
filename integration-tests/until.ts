import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition. @throws when it does not hold in time */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not reached within ${timeoutMs} ms`)
    await sleep(50)
  }
}
