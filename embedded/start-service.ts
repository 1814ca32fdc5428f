import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { containerLog, dockerAnswers, startContainer } from './containers.ts'
import { fetchDistribution } from './engine/distribution.ts'
import { findJdk, type Jdk } from './engine/jdk.ts'
import { startOpenSearch } from './engine/opensearch.ts'
import { homeWithPlugin } from './engine/plugin.ts'
import { EngineError, type EngineErrorCode } from './host/errors.ts'
import { startOnFreePort } from './host/free-port-start.ts'
import { openSearchHealth, redisAnswers } from './host/health.ts'
import type { ServiceUser } from './host/service-user.ts'
import { type ContainerRecord, pidOf, type ServiceName, type ServiceRecord } from './host/state.ts'
import { startRedis } from './redis/redis.ts'
import { findRedisServer, installRedisServer, noRedis, type RedisServer } from './redis/redis-server.ts'

/** All that starting a service depends on. */
export interface StartContext {
  /** Holds the fetched engine. */
  readonly cache: string
  /** Holds the data of this set of services. */
  readonly runDirectory: string
  /** Compose project, for the services that run in containers. */
  readonly project: string
  readonly environment: NodeJS.ProcessEnv
  readonly user: ServiceUser | undefined
  readonly heap: string
  /** See `OpenSearchOptions.isShortLived`. */
  readonly isShortLived: boolean
  /** Zip of the Lexpand plugin for the engine; undefined to go without. */
  readonly plugin: string | undefined
  readonly preferredPorts: Readonly<Record<ServiceName, number>>
  readonly onProgress: (message: string) => void
  readonly onSpawned: (record: ServiceRecord) => void
}

/** Starts OpenSearch or Redis as a process or, where this machine lacks what that takes, as a container. */
export async function startService(name: ServiceName, context: StartContext): Promise<void> {
  if (name === 'opensearch') await startEmbeddedOpenSearch(context)
  else await startEmbeddedRedis(context)
}

async function startEmbeddedOpenSearch(context: StartContext): Promise<void> {
  let jdk: Jdk
  let home: string
  try {
    jdk = await findJdk(context)
    home = await fetchDistribution(context.cache, jdk, context.onProgress)
    if (context.plugin !== undefined) home = await homeWithPlugin(home, context.plugin, jdk)
  } catch (error) {
    if (hasCode(error, ['ENGINE_NO_JDK', 'ENGINE_NO_MAVEN']) && (await dockerAnswers())) {
      return startInContainer('opensearch', context)
    }
    throw error
  }
  context.onProgress(
    `starting OpenSearch on JDK ${jdk.version}${context.plugin === undefined ? '' : ' with the Lexpand plugin'}`,
  )
  await startOpenSearch({
    ...context,
    home,
    jdk,
    dataDirectory: join(context.runDirectory, 'opensearch'),
    preferredPort: context.preferredPorts.opensearch,
  })
}

async function startEmbeddedRedis(context: StartContext): Promise<void> {
  const server = await findOrInstallRedis(context)
  if (server === undefined) {
    if (await dockerAnswers()) return startInContainer('redis', context)
    throw noRedis()
  }
  await startRedis({
    ...context,
    server,
    dataDirectory: join(context.runDirectory, 'redis'),
    preferredPort: context.preferredPorts.redis,
  })
}

/** One found, else one installed; undefined where packages cannot be installed. */
export async function findOrInstallRedis(
  context: Pick<StartContext, 'environment' | 'user' | 'onProgress'>,
): Promise<RedisServer | undefined> {
  const found = await findRedisServer(context.environment, context.user)
  if (found !== undefined || !(await installRedisServer(context.onProgress))) return found
  return findRedisServer(context.environment, context.user)
}

async function startInContainer(name: ServiceName, context: StartContext): Promise<void> {
  context.onProgress(`starting ${name} in a container: this machine lacks what it takes to run it directly`)
  const search = { name, preferredPort: context.preferredPorts[name], onProgress: context.onProgress }
  const record = await startOnFreePort(search, (port) => startContainer(name, context.project, port))
  context.onSpawned(record)
  await waitForContainer(name, record)
}

async function waitForContainer(name: ServiceName, record: ContainerRecord): Promise<void> {
  const deadline = performance.now() + 180_000
  while (!(await answers(name, record))) {
    if (performance.now() > deadline) {
      throw new EngineError(
        'ENGINE_START',
        `expected the container of ${name} to answer within 180 s, got no healthy answer. Its log ends with:\n${await containerLog(name, record.project)}`,
      )
    }
    await sleep(500)
  }
}

/** Tells whether a started service can be used; one with a red index can, for all its other indices. */
export async function answers(name: ServiceName, record: ServiceRecord): Promise<boolean> {
  if (name === 'redis') return redisAnswers(record.url)
  return (await openSearchHealth(record.url, pidOf(record))) !== 'silent'
}

function hasCode(error: unknown, codes: readonly EngineErrorCode[]): boolean {
  return error instanceof EngineError && codes.includes(error.code)
}
