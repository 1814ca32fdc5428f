import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConnection } from './redis-place.ts'

/**
 * A failover may leave every connection open: the server behind it is a replica from then on and refuses writes. A new
 * connection to the same name reaches the new primary.
 */
const DEMOTED = /\b(READONLY|UNBLOCKED|MASTERDOWN)\b/

/** A failover takes seconds; a caller who waits for an answer should learn of a server that stays a replica. */
const PATIENCE_MS = 7_000
const RETRY_MS = 200

/** Makes ioredis reconnect and send the refused command again. */
const RECONNECT_AND_RESEND = 2

export function isDemotion(error: unknown): boolean {
  return error instanceof Error && DEMOTED.test(error.message)
}

/**
 * The function that ioredis calls for every error of a command.
 *
 * @param isPatient whether commands wait for a primary as long as it takes, as those of a worker do
 */
export function reconnectWhenDemoted(
  isPatient: boolean,
): (error: Error) => typeof RECONNECT_AND_RESEND | false {
  let since = 0
  let last = Number.NEGATIVE_INFINITY
  return (error) => {
    if (!isDemotion(error)) return false
    const now = performance.now()
    // Demotions after a pause belong to another failover.
    if (now - last > PATIENCE_MS) since = now
    last = now
    return isPatient || now - since <= PATIENCE_MS ? RECONNECT_AND_RESEND : false
  }
}

/**
 * Repeats a transaction of scripts after a demotion. Its refusals stand in the answer of EXEC, where ioredis does not
 * look for them. A refused transaction has done nothing, so it can be sent again.
 *
 * @throws any error of the work, also when no primary answers in time
 */
export async function againAfterDemotion<T>(redis: RedisConnection, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isDemotion(error) || performance.now() > until) throw error
      redis.disconnect(true)
      await sleep(RETRY_MS)
    }
  }
}
