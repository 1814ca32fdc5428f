import { LexpandError } from '../../sparse/errors.ts'
import { reconnectWhenDemoted } from './demotion.ts'
import { nameOf, type RedisConnection, type RedisPlace, redisOf } from './redis-place.ts'

export type { RedisByUrl, RedisConnection, RedisPlace } from './redis-place.ts'

/** Default prefix of all keys. The braces put them into one slot of a Redis Cluster. */
export const DEFAULT_PREFIX = '{lexpand}'

export interface RedisRole {
  /**
   * worker: waits for Redis as long as it takes; jobs continue when it is back. queue: a command fails after about
   * seven seconds without Redis, so that a caller who adds jobs learns of it.
   */
  readonly role: 'worker' | 'queue'
}

const CONNECT_TIMEOUT_MS = 5_000
const RECONNECT_MAX_MS = 2_000
const QUEUE_RETRIES = 8

/**
 * Opens a connection and proves that it works. Afterwards it reconnects by itself; add an `error` listener to be told
 * of breaks.
 *
 * @throws LexpandError SERVICE when Redis cannot be reached, refuses the login, or is a node of a cluster that is not named as one; CONFIGURATION for a bad URL
 */
export async function connect(place: RedisPlace, { role }: RedisRole): Promise<RedisConnection> {
  const name = nameOf(place)
  const redis = redisOf(place, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: role === 'worker' ? null : QUEUE_RETRIES,
    retryStrategy: (times) => Math.min(times * 200, RECONNECT_MAX_MS),
    reconnectOnError: reconnectWhenDemoted(role === 'worker'),
  })
  let lastError: Error | undefined
  redis.on('error', (error: Error) => {
    lastError = error
  })
  try {
    await redis.connect()
    await redis.ping()
    await assertSlot(redis)
    return redis
  } catch (error) {
    redis.disconnect()
    const reason = lastError ?? error
    const message = reason instanceof Error && reason.message !== '' ? reason.message : String(reason)
    throw new LexpandError(
      'SERVICE',
      `[redis] expected Redis at ${name}, got: ${message}. ${adviceOn(message)}`,
      {
        cause: reason,
      },
    )
  }
}

/**
 * A node of a Redis Cluster answers a plain client and then refuses the keys of other nodes, so one key is asked for at once.
 *
 * @throws the refusal of the node; a user who may not read this key is not judged
 */
async function assertSlot(redis: RedisConnection): Promise<void> {
  await redis.exists(`${DEFAULT_PREFIX}:slot`).catch((error: Error) => {
    if (/^(MOVED|ASK|CLUSTERDOWN)\b/.test(error.message)) throw error
  })
}

/**
 * Refuses a Redis that may evict jobs.
 *
 * @returns warnings: settings with which a crash of Redis loses jobs (their documents stay pending until a sweep finds
 *   them)
 * @throws LexpandError SERVICE when keys may be evicted
 */
export async function assertRedisSettings(redis: RedisConnection): Promise<string[]> {
  // INFO instead of CONFIG GET, which managed services forbid.
  const info = await redis.info()
  const policy = field(info, 'maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    throw new LexpandError(
      'SERVICE',
      `[redis] expected maxmemory-policy noeviction, got ${policy}: Redis would throw jobs away when it is full. ` +
        'Run there: redis-cli CONFIG SET maxmemory-policy noeviction',
    )
  }
  if (field(info, 'aof_enabled') === '1') return []
  return [
    '[redis] expected appendonly yes, got no: a crash of Redis loses the queue, and a sweep has to find the pending ' +
      'documents again. Run: redis-cli CONFIG SET appendonly yes',
  ]
}

function field(info: string, name: string): string | undefined {
  return info.match(new RegExp(`^${name}:(.*?)\\r?$`, 'm'))?.[1]
}

function adviceOn(message: string): string {
  if (/NOAUTH|WRONGPASS/.test(message)) return 'Correct user name and password in the Redis URL.'
  if (/NOPERM/.test(message)) return `Give its user what Lexpand needs: ${LEAST_ACL}`
  if (/^(MOVED|ASK) /.test(message)) {
    return 'That is one node of a Redis Cluster: write redis-cluster://HOST:PORT (rediss-cluster:// for TLS) in REDIS_URL.'
  }
  if (/^CLUSTERDOWN/.test(message)) return 'Bring the nodes of that Redis Cluster back.'
  if (/certificate|self.signed/i.test(message))
    return 'Give the certificate authority of Redis (REDIS_CA_FILE).'
  if (/alert|EPROTO/i.test(message)) {
    return 'Where Redis asks for a certificate of the client, set REDIS_CERT_FILE and REDIS_KEY_FILE; where it speaks no TLS, write redis:// in the URL.'
  }
  return 'Start Redis there or correct the URL.'
}

/** The smallest set of permissions; a test shows that a worker does not work with less. */
export const LEAST_ACL = `ACL SETUSER NAME on >PASSWORD ~${DEFAULT_PREFIX}:* ~lexpand:* resetchannels +@all -@admin -@dangerous +info +client|list`
