import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConnection } from '../queue/redis-place.ts'

/** The exclusive right to do something, for as long as it is renewed. */
export interface Lease {
  /** False from the moment when another holder is possible. */
  isHeld(): boolean
  release(): Promise<void>
}

/** Longest time that others wait for a killed sweeper. */
const LEASE_MS = 15_000
const RENEWALS_PER_LEASE = 3
const RETRY_MS = 250

const RENEW = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('pexpire', KEYS[1], ARGV[2]) or 0"
const RELEASE = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1]) or 0"

/**
 * Takes a lease that Redis ends by its own clock; the local clock only counts the time since the last renewal, so that
 * a jump of the wall clock changes nothing. The lease keeps work from being done twice. Work under it must also be
 * right with two holders, since a process may be stopped between the check and the act.
 *
 * @param waitMs longest time to wait for another holder
 * @returns undefined when another process has the lease
 * @throws any error of ioredis when Redis stays away
 */
export async function takeLease(
  redis: RedisConnection,
  name: string,
  { waitMs = 0 }: { readonly waitMs?: number } = {},
): Promise<Lease | undefined> {
  const key = `lexpand:lease:${name}`
  const token = randomUUID()
  const deadline = performance.now() + waitMs
  let renewedAt = performance.now()
  while ((await redis.set(key, token, 'PX', LEASE_MS, 'NX')) === null) {
    if (performance.now() >= deadline) return undefined
    await sleep(RETRY_MS)
    renewedAt = performance.now()
  }
  let isLost = false
  const timer = setInterval(async () => {
    const startedAt = performance.now()
    // Without an answer the lease runs out here as it does in Redis.
    const renewed = await redis.eval(RENEW, 1, key, token, LEASE_MS).catch(() => undefined)
    if (renewed === 1) renewedAt = startedAt
    else if (renewed === 0) isLost = true
  }, LEASE_MS / RENEWALS_PER_LEASE).unref()
  return {
    isHeld: () => !isLost && performance.now() - renewedAt < LEASE_MS,
    async release() {
      clearInterval(timer)
      // The lease expires by itself; a Redis that is away must not fail finished work.
      if (!isLost) await redis.eval(RELEASE, 1, key, token).catch(() => undefined)
      isLost = true
    },
  }
}
