import { Redis, type RedisOptions } from 'ioredis'
import { LexpandError } from '../../sparse/errors.ts'
import { reconnectWhenDemoted } from './demotion.ts'

/**
 * Which Redis: a URL (redis:// or rediss://, with user name, password and database number as needed), options of
 * ioredis (Sentinel, TLS), or a connection of the caller's, which is copied and never closed by us.
 */
export type RedisPlace = string | RedisOptions | Redis

/** What all keys begin with. The braces put them into one slot of a Redis Cluster. */
export const DEFAULT_PREFIX = '{lexpand}'

export interface RedisRole {
  /**
   * worker: waits for Redis as long as it takes, jobs go on when it is back. queue: a command fails after about
   * seven seconds without Redis, so that whoever adds jobs learns of it.
   */
  readonly role: 'worker' | 'queue'
}

const CONNECT_TIMEOUT_MS = 5_000
const RECONNECT_MAX_MS = 2_000
const QUEUE_RETRIES = 8

/**
 * Opens a connection and proves that it works. Afterwards it reconnects by itself; add an `error` listener to
 * learn of breaks.
 *
 * @throws LexpandError SERVICE when Redis cannot be reached or refuses the login; CONFIGURATION for a bad URL
 */
export async function connect(place: RedisPlace, { role }: RedisRole): Promise<Redis> {
  const name = nameOf(place)
  const redis = newRedis(place, {
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
    return redis
  } catch (error) {
    redis.disconnect()
    const reason = lastError ?? error
    const message = reason instanceof Error && reason.message !== '' ? reason.message : String(reason)
    const advice = /NOAUTH|WRONGPASS|NOPERM/.test(message)
      ? 'Correct user name and password in the Redis URL.'
      : 'Start Redis there or correct the URL.'
    throw new LexpandError('SERVICE', `[redis] expected Redis at ${name}, got: ${message}. ${advice}`, {
      cause: reason,
    })
  }
}

/**
 * Refuses a Redis that may throw jobs away.
 *
 * @returns warnings: settings under which a crash of Redis loses jobs (documents stay pending, a sweep finds them)
 * @throws LexpandError SERVICE when keys may be evicted
 */
export async function assertRedisSettings(redis: Redis): Promise<string[]> {
  // INFO and not CONFIG GET, which managed services forbid.
  const info = await redis.info()
  const policy = field(info, 'maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    const { host = '127.0.0.1', port = 6379 } = redis.options
    throw new LexpandError(
      'SERVICE',
      `[redis] expected maxmemory-policy noeviction, got ${policy}: Redis would throw jobs away when it is full. ` +
        `Run: redis-cli -h ${host} -p ${port} CONFIG SET maxmemory-policy noeviction`,
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

function newRedis(place: RedisPlace, ours: RedisOptions): Redis {
  if (typeof place === 'string') return new Redis(place, ours)
  return isConnection(place) ? place.duplicate(ours) : new Redis({ ...place, ...ours })
}

/** By shape: the application may have loaded another copy of ioredis. */
function isConnection(place: RedisOptions | Redis): place is Redis {
  return typeof (place as Redis).duplicate === 'function'
}

/** host:port, without credentials. */
function nameOf(place: RedisPlace): string {
  if (typeof place === 'string') return nameOfUrl(place)
  const { host = '127.0.0.1', port = 6379, sentinels } = isConnection(place) ? place.options : place
  const sentinel = sentinels?.[0]
  return sentinel === undefined ? `${host}:${port}` : `sentinel ${sentinel.host}:${sentinel.port}`
}

function nameOfUrl(redisUrl: string): string {
  const url = URL.parse(redisUrl)
  if (url === null || !/^rediss?:$/.test(url.protocol)) {
    throw new LexpandError(
      'CONFIGURATION',
      '[redis] expected a URL such as redis://127.0.0.1:6379, got something else. Correct the Redis URL.',
    )
  }
  return `${url.hostname}:${url.port === '' ? '6379' : url.port}`
}
