import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { findEngine } from '../engine/engine-home.ts'
import { startOpenSearch } from '../engine/opensearch.ts'
import { EngineError } from '../host/errors.ts'
import type { NetworkPlace } from '../host/network-place.ts'
import { endProcess } from '../host/processes.ts'
import { type ProcessRecord, recordService, type ServiceName } from '../host/state.ts'
import { startRedis } from '../redis/redis.ts'
import { noRedis } from '../redis/redis-server.ts'
import { ServiceSet } from '../service-set.ts'
import { machineSettings } from '../settings.ts'
import { findOrInstallRedis } from '../start-service.ts'
import { clearAbandoned, throwAwayFolder } from './throw-away.ts'

/** A server for one test with its own port and data, which may be killed and restarted. */
export interface PrivateService {
  /** Stays the same after `restart()`. */
  readonly url: string
  readonly pid: number
  readonly dataDirectory: string
  /** Ends the server for good and deletes its data. */
  stop(): Promise<void>
  /** Sends SIGKILL, which has the effect of a crash. */
  kill9(): Promise<void>
  /** Starts the server again on the same data and port; a running one ends first. */
  restart(): Promise<void>
}

export interface PrivateOpenSearchOptions {
  /** An unpacked distribution, for example with plugins. @default the downloaded one, without plugins */
  readonly home?: string | undefined
  /** @default '512m' */
  readonly heap?: string | undefined
  /** See `OpenSearchOptions.isShortLived`; use false for measurements. @default true */
  readonly isShortLived?: boolean | undefined
  readonly onProgress?: ((message: string) => void) | undefined
}

/** Starts a private OpenSearch; this takes at least 12 s. */
export async function startPrivateOpenSearch(
  options: PrivateOpenSearchOptions = {},
): Promise<PrivateService> {
  const { heap = '512m', isShortLived = true, onProgress = () => undefined } = options
  const settings = machineSettings(onProgress)
  const engine = await findEngine({ ...settings, onProgress })
  const home = options.home ?? engine.home
  return startPrivate('opensearch', settings.cache, (place) =>
    startOpenSearch({ ...place, home, jdk: engine.jdk, heap, isShortLived, user: settings.user }),
  )
}

export interface PrivateRedisOptions {
  /** @default the loopback address */
  readonly network?: NetworkPlace | undefined
  readonly onProgress?: ((message: string) => void) | undefined
}

/** Starts a private Redis with its append-only log on. */
export async function startPrivateRedis({
  network,
  onProgress = () => undefined,
}: PrivateRedisOptions = {}): Promise<PrivateService> {
  const settings = machineSettings(onProgress)
  const server = await findOrInstallRedis({ ...settings, onProgress })
  if (server === undefined) throw await noRedis()
  return startPrivate(
    'redis',
    settings.cache,
    (place) => startRedis({ ...place, server, user: settings.user, network }),
    network === undefined ? 0 : 6379,
  )
}

/** Both services on ports of their own; `remove()` deletes their data. */
export async function throwAwayServices(onProgress?: (message: string) => void): Promise<ServiceSet> {
  const settings = machineSettings(onProgress)
  const runDirectory = await throwAwayFolder(settings.cache)
  return new ServiceSet({
    ...settings,
    runDirectory,
    isShortLived: true,
    // Without the plugin, because most tests are about a stock engine.
    plugin: undefined,
    preferredPorts: { opensearch: 0, redis: 0 },
  })
}

/** Ends the private and throw-away services of processes that no longer exist, for example of a failed test. */
export async function clearThrowAways(): Promise<void> {
  await clearAbandoned(machineSettings().cache)
}

export interface Place {
  readonly dataDirectory: string
  readonly preferredPort: number
  readonly onSpawned: (record: ProcessRecord) => void
}

/**
 * @param start starts the service in this folder
 * @param firstPort first port to try; 0 for any
 */
export async function startPrivate(
  name: ServiceName,
  cache: string,
  start: (place: Place) => Promise<ProcessRecord>,
  firstPort = 0,
): Promise<PrivateService> {
  const folder = await throwAwayFolder(cache)
  let latest: ProcessRecord | undefined
  let isStopped = false
  const startOn = (preferredPort: number) =>
    start({
      dataDirectory: join(folder, name),
      preferredPort,
      onSpawned: (spawned) => {
        latest = spawned
        // A test that runs out of time stops its server while it is starting.
        if (isStopped) void endProcess(spawned, 0)
        else recordService(join(folder, 'state.json'), name, spawned)
      },
    })
  const { url, dataDirectory, pid: firstPid } = await startOn(firstPort)
  return {
    url,
    dataDirectory,
    get pid() {
      return latest?.pid ?? firstPid
    },
    async stop() {
      isStopped = true
      if (latest !== undefined) await endProcess(latest)
      rmSync(folder, { recursive: true, force: true })
    },
    async kill9() {
      if (latest !== undefined) await endProcess(latest, 0)
    },
    async restart() {
      if (latest !== undefined) await endProcess(latest)
      const restarted = await startOn(Number(new URL(url).port))
      if (restarted.url === url) return
      throw new EngineError(
        'ENGINE_START',
        `expected the restarted ${name} at ${url}, got ${restarted.url}. End whatever took its port meanwhile.`,
      )
    },
  }
}
