import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { LexpandError } from '../../sparse/errors.ts'

export type RedisConnection = Redis | Cluster

/** A place named by its URL, with options that a URL does not hold. Secrets are contents, not paths. */
export interface RedisByUrl {
  /**
   * redis:// or rediss:// with user name, password, host, port and database number as needed;
   * redis-sentinel://host:port,host:port/MASTER; redis-cluster://host:port,host:port. With `rediss-` for TLS.
   */
  readonly url: string
  /** Password that replaces the one in the URL; a function is called again before each reconnection (not in a cluster). */
  readonly password?: string | (() => string) | undefined
  /** PEM certificate authority; it turns TLS on, whatever the scheme of the URL. */
  readonly ca?: string | undefined
  /** PEM certificate and key of this client. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/**
 * Address of a Redis: a URL of one of the forms above, a URL with secrets, options of ioredis, or a connection of the
 * caller's, which is copied and never closed by Lexpand.
 */
export type RedisPlace = string | RedisByUrl | RedisOptions | RedisConnection

/** @throws LexpandError CONFIGURATION for a URL of another form */
export function redisOf(place: RedisPlace, ours: RedisOptions): RedisConnection {
  if (typeof place === 'string') return ofUrl({ url: place }, ours)
  if (isConnection(place)) {
    return isCluster(place) ? place.duplicate([], clusterOptions(ours)) : place.duplicate(ours)
  }
  return 'url' in place ? ofUrl(place, ours) : new Redis({ ...place, ...ours })
}

/** Name of the place without credentials, for messages. */
export function nameOf(place: RedisPlace): string {
  if (typeof place === 'string') return nameOfUrl(parse(place))
  if (isConnection(place) && isCluster(place)) return 'the nodes of the cluster'
  if ('url' in place) return nameOfUrl(parse(place.url))
  const { host = '127.0.0.1', port = 6379, sentinels } = isConnection(place) ? place.options : place
  const sentinel = sentinels?.[0]
  return sentinel === undefined ? `${host}:${port}` : `sentinel ${sentinel.host}:${sentinel.port}`
}

interface Address {
  readonly host: string
  readonly port: number
}

interface ParsedUrl {
  readonly kind: 'one' | 'sentinel' | 'cluster'
  readonly isTls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly hosts: readonly Address[]
  /** Name under which the sentinels watch the primary. */
  readonly master: string | undefined
  readonly db: number
}

const FORM = /^(rediss?)(-sentinel|-cluster)?:\/\/(?:([^@/]*)@)?([^/?#]+)(?:\/([^?#]*))?$/
const DEFAULT_PORTS = { one: 6_379, cluster: 6_379, sentinel: 26_379 }

function parse(url: string): ParsedUrl {
  const [, scheme, form = '-one', login, list = '', path = ''] = FORM.exec(url) ?? []
  const kind = form.slice(1) as ParsedUrl['kind']
  const hosts = list.split(',').map((text) => addressOf(text, DEFAULT_PORTS[kind]))
  const parts = path.split('/').filter((part) => part !== '')
  const master = kind === 'sentinel' ? parts.shift() : undefined
  const db = Number(parts[0] ?? 0)
  const isWhole = hosts.every((host): host is Address => host !== undefined)
  const isFit =
    kind === 'sentinel' ? master !== undefined : kind === 'cluster' ? db === 0 : hosts.length === 1
  if (scheme === undefined || !isWhole || !isFit || parts.length > 1 || !Number.isInteger(db) || db < 0) {
    throw new LexpandError(
      'CONFIGURATION',
      '[redis] expected a URL such as redis://127.0.0.1:6379/0, redis-sentinel://host:26379,host:26379/NAME or redis-cluster://host:6379,host:6379 (rediss for TLS), got something else. Correct the Redis URL.',
    )
  }
  const [username, password] = (login ?? '').split(/:(.*)/s).map(decodeURIComponent)
  return {
    kind,
    isTls: scheme === 'rediss',
    username: username === '' ? undefined : username,
    password,
    hosts,
    master,
    db,
  }
}

function addressOf(text: string, defaultPort: number): Address | undefined {
  const [, host = '', port] = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  return host === '' ? undefined : { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? defaultPort) }
}

function ofUrl(place: RedisByUrl, ours: RedisOptions): RedisConnection {
  const { kind, isTls, username, password, hosts, master, db } = parse(place.url)
  const { ca, cert, key } = place
  const own = typeof place.password === 'function' ? place.password() : place.password
  const tls = isTls || ca !== undefined || cert !== undefined ? { tls: { ca, cert, key } } : {}
  const login = { username, password: own ?? password, ...tls }
  if (kind === 'cluster') {
    return new Cluster([...hosts], clusterOptions({ ...ours, ...login }))
  }
  if (kind === 'one') return rotating(new Redis({ ...hosts[0], db, ...login, ...ours }), place)
  const sentinelTls = 'tls' in tls ? { enableTLSForSentinelMode: true, sentinelTLS: tls.tls } : {}
  return rotating(
    new Redis({ sentinels: [...hosts], name: master, db, ...login, ...sentinelTls, ...ours }),
    place,
  )
}

/** Reads the password again before each reconnection: a connection may have been broken because of a new password. */
function rotating(redis: Redis, { password }: RedisByUrl): Redis {
  if (typeof password === 'function') {
    redis.on('reconnecting', () => {
      try {
        redis.options.password = password()
      } catch {
        // A file that is being replaced may be missing for a moment; the next reconnection reads it.
      }
    })
  }
  return redis
}

function clusterOptions(options: RedisOptions): ClusterOptions {
  const { lazyConnect, retryStrategy, ...redisOptions } = options
  return {
    lazyConnect,
    clusterRetryStrategy: (times) => retryStrategy?.(times) as number,
    // A node's certificate names the address itself, not the result of a DNS look-up.
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions,
  }
}

function nameOfUrl({ kind, hosts }: ParsedUrl): string {
  const names = hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
  return kind === 'one' ? names : `${kind} ${names}`
}

/** Recognised by its shape: the application may have loaded another copy of ioredis. */
function isConnection(place: RedisByUrl | RedisOptions | RedisConnection): place is RedisConnection {
  return typeof (place as Redis).duplicate === 'function'
}

function isCluster(connection: RedisConnection): connection is Cluster {
  return typeof (connection as Cluster).nodes === 'function'
}
