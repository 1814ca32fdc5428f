import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConnection } from './redis-place.ts'

/**
 * A failover may leave every connection open: the server behind it is a replica from then on and refuses writes. A new
 * connection by the same name leads to the new primary.
 */
const DEMOTED = /\b(READONLY|UNBLOCKED|MASTERDOWN)\b/

/** A failover is over within seconds; a caller who waits for an answer should learn of a replica that stays one. */
const PATIENCE_MS = 7_000
const RETRY_MS = 200

/** Reconnect, and send the refused command again. */
const RECONNECT_AND_RESEND = 2

export function isDemotion(error: unknown): boolean {
  return error instanceof Error && DEMOTED.test(error.message)
}

/**
 * What ioredis asks for every error of a command.
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
    // After a pause it is another failover.
    if (now - last > PATIENCE_MS) since = now
    last = now
    return isPatient || now - since <= PATIENCE_MS ? RECONNECT_AND_RESEND : false
  }
}

/**
 * For a transaction of scripts: its refusals stand in the answer of EXEC, where ioredis does not look for them. Nothing
 * of it was done then, so it is sent again.
 *
 * @throws what the work throws, also when there is no primary in time
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
