import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { containerLog, dockerAnswers, startContainer } from './containers.ts'
import { findEngine } from './engine/engine-home.ts'
import type { Engine } from './engine/minimal-distribution.ts'
import { startOpenSearch } from './engine/opensearch.ts'
import { homeWithPlugin } from './engine/plugin.ts'
import { EngineError, type EngineErrorCode } from './host/errors.ts'
import { startOnFreePort } from './host/free-port-start.ts'
import { openSearchHealth, redisAnswers } from './host/health.ts'
import type { ServiceUser } from './host/service-user.ts'
import { type ContainerRecord, pidOf, type ServiceName, type ServiceRecord } from './host/state.ts'
import { startRedis } from './redis/redis.ts'
import { installRedisServer } from './redis/redis-install.ts'
import { findRedisServer, noRedis, type RedisServer } from './redis/redis-server.ts'
import { findRunningRedis } from './redis/running-redis.ts'

/** Everything that the start of a service depends on. */
export interface StartContext {
  /** Folder of the downloaded engine. */
  readonly cache: string
  /** Folder with the data of this set of services. */
  readonly runDirectory: string
  /** Compose project, for the services that run in containers. */
  readonly project: string
  readonly environment: NodeJS.ProcessEnv
  readonly user: ServiceUser | undefined
  readonly heap: string
  /** See `OpenSearchOptions.isShortLived`. */
  readonly isShortLived: boolean
  /** Zip of the Lexpand plugin for the engine; undefined for none. */
  readonly plugin: string | undefined
  readonly preferredPorts: Readonly<Record<ServiceName, number>>
  readonly onProgress: (message: string) => void
  readonly onSpawned: (record: ServiceRecord) => void
}

/** Starts OpenSearch or Redis as a process or, where this machine lacks the programs, as a container. */
export async function startService(name: ServiceName, context: StartContext): Promise<void> {
  if (name === 'opensearch') await startEmbeddedOpenSearch(context)
  else await startEmbeddedRedis(context)
}

async function startEmbeddedOpenSearch(context: StartContext): Promise<void> {
  let engine: Engine
  try {
    engine = await findEngine(context)
  } catch (error) {
    if (hasCode(error, ['ENGINE_NO_JDK', 'ENGINE_FETCH']) && (await dockerAnswers())) {
      return startInContainer('opensearch', context)
    }
    throw error
  }
  const { jdk } = engine
  const home =
    context.plugin === undefined ? engine.home : await homeWithPlugin(engine.home, context.plugin, jdk)
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

/**
 * Uses a program of this machine, else a Redis that runs here already, else a container, else a program that is
 * installed now where that needs no question.
 */
async function startEmbeddedRedis(context: StartContext): Promise<void> {
  const server = await findRedisServer(context.environment, context.user)
  if (server !== undefined) return startRedisProgram(server, context)
  if (!context.isShortLived && (await useRunningRedis(context))) return
  let refusal: unknown
  if (await dockerAnswers()) {
    try {
      return await startInContainer('redis', context)
    } catch (error) {
      // The Docker daemon may not reach a registry.
      if (!hasCode(error, ['ENGINE_DOCKER'])) throw error
      refusal = error
    }
  }
  const installed = await findOrInstallRedis(context)
  if (installed === undefined) throw refusal ?? (await noRedis())
  return startRedisProgram(installed, context)
}

async function startRedisProgram(server: RedisServer, context: StartContext): Promise<void> {
  await startRedis({
    ...context,
    server,
    dataDirectory: join(context.runDirectory, 'redis'),
    preferredPort: context.preferredPorts.redis,
  })
}

async function useRunningRedis({ onProgress, onSpawned, preferredPorts }: StartContext): Promise<boolean> {
  const found = await findRunningRedis(preferredPorts.redis)
  if (typeof found === 'string') return false
  onProgress(
    `no redis-server on PATH: using the Redis that runs at ${found.url}, which lexpand down leaves alone`,
  )
  onSpawned({ kind: 'found', ...found, dataDirectory: '', startedAt: new Date().toISOString() })
  return true
}

/** A program that is found, else one that is installed now; undefined where packages cannot be installed. */
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

/** Whether a started service can be used; one with a red index can, because of its other indices. */
export async function answers(name: ServiceName, record: ServiceRecord): Promise<boolean> {
  if (name === 'redis') return redisAnswers(record.url)
  return (await openSearchHealth(record.url, pidOf(record))) !== 'silent'
}

function hasCode(error: unknown, codes: readonly EngineErrorCode[]): boolean {
  return error instanceof EngineError && codes.includes(error.code)
}
