import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { removeContainers, stopContainer } from './containers.ts'
import { waitForOpenSearch } from './engine/opensearch.ts'
import { folderHash } from './host/cache-folder.ts'
import { openSearchHealth } from './host/health.ts'
import { withLock } from './host/lock.ts'
import { endProcess, isRunning, residentMemory } from './host/processes.ts'
import {
  pidOf,
  readState,
  recordService,
  SERVICE_NAMES,
  type ServiceName,
  type ServiceRecord,
} from './host/state.ts'
import { waitForRedis } from './redis/redis.ts'
import { answers, type StartContext, startService } from './start-service.ts'

/** Selects services; both by default. */
export interface ServiceChoice {
  /** @default true */
  readonly opensearch?: boolean | undefined
  /** @default true */
  readonly redis?: boolean | undefined
  readonly onProgress?: ((message: string) => void) | undefined
}

/** Addresses of the services; a URL is empty when its service was not asked for. */
export interface Services {
  opensearchUrl: string
  redisUrl: string
  /** Which of the two were asked for; Lexpand starts and stops these. */
  embedded: { opensearch: boolean; redis: boolean }
}

export interface ServiceStatus {
  readonly name: ServiceName
  /** `unhealthy`: the process exists, but does not answer (yet), or an index is not available. */
  readonly state: 'running' | 'stopped' | 'unhealthy'
  readonly url?: string | undefined
  /** Absent for a container. */
  readonly pid?: number | undefined
  readonly version?: string | undefined
  /** Resident memory in bytes; absent for a container. */
  readonly memoryBytes?: number | undefined
  /** A folder, or the volume of a container. */
  readonly dataDirectory: string
}

export type ServiceSetOptions = Omit<StartContext, 'project' | 'onProgress' | 'onSpawned'>

/** One OpenSearch and one Redis whose data and state share a folder. Several processes may use a set at once. */
export class ServiceSet {
  readonly #options: ServiceSetOptions
  readonly #stateFile: string
  readonly #project: string

  constructor(options: ServiceSetOptions) {
    this.#options = options
    this.#stateFile = join(options.runDirectory, 'state.json')
    this.#project = `lexpand-${folderHash(options.runDirectory)}`
  }

  /**
   * Starts the services that are not running and waits until they can be used; running ones are reused at once. When
   * one service cannot be started, the other one is stopped again if this call started it.
   */
  async up({ opensearch = true, redis = true, onProgress = ignore }: ServiceChoice = {}): Promise<Services> {
    const wanted = chosen({ opensearch, redis })
    if (!(await this.#areUsable(wanted))) {
      await this.#locked(onProgress, async () => {
        const outcomes = await Promise.allSettled(wanted.map((name) => this.#ensure(name, onProgress)))
        const failed = outcomes.find((outcome) => outcome.status === 'rejected')
        if (failed === undefined) return
        const ours = wanted.filter((_, at) => {
          const outcome = outcomes[at]
          return outcome?.status === 'rejected' || outcome?.value === 'started'
        })
        await this.#giveUp(ours, onProgress)
        throw failed.reason
      })
    }
    const state = readState(this.#stateFile)
    return {
      opensearchUrl: opensearch ? (state.opensearch?.url ?? '') : '',
      redisUrl: redis ? (state.redis?.url ?? '') : '',
      embedded: { opensearch, redis },
    }
  }

  /** Stops the running services. Data stays. */
  async down({ opensearch = true, redis = true, onProgress = ignore }: ServiceChoice = {}): Promise<{
    stopped: ServiceName[]
  }> {
    const wanted = chosen({ opensearch, redis })
    return this.#locked(onProgress, async () => {
      const stopped = await Promise.all(wanted.map(async (name) => ((await this.#stop(name)) ? [name] : [])))
      return { stopped: stopped.flat() }
    })
  }

  async status(): Promise<ServiceStatus[]> {
    const state = readState(this.#stateFile)
    return Promise.all(SERVICE_NAMES.map((name) => this.#describe(name, state[name])))
  }

  /** Stops everything and deletes the folder with all data. */
  async remove(): Promise<void> {
    if (!existsSync(this.#options.runDirectory)) return
    const usesContainers = Object.values(readState(this.#stateFile)).some(({ kind }) => kind === 'container')
    await this.down()
    if (usesContainers) await removeContainers(this.#project)
    rmSync(this.#options.runDirectory, { recursive: true, force: true })
  }

  async #areUsable(names: readonly ServiceName[]): Promise<boolean> {
    const state = readState(this.#stateFile)
    const usable = await Promise.all(names.map((name) => isUsable(name, state[name])))
    return usable.every((answer) => answer)
  }

  /** Starts one service under the lock, whatever state an earlier command left. */
  async #ensure(name: ServiceName, onProgress: (message: string) => void): Promise<'found' | 'started'> {
    const record = readState(this.#stateFile)[name]
    if (await isUsable(name, record)) return 'found'
    // Its starter was killed meanwhile, or it is stuck; the result of the wait shows which.
    if (record?.kind === 'process' && isRunning(record)) {
      try {
        await (name === 'opensearch' ? waitForOpenSearch(record) : waitForRedis(record))
        return 'found'
      } catch {
        onProgress(`${name} runs but does not answer: starting it again`)
        await endProcess(record)
      }
    }
    const startedAt = performance.now()
    await startService(name, {
      ...this.#options,
      project: this.#project,
      onProgress,
      onSpawned: (spawned) => recordService(this.#stateFile, name, spawned),
    })
    const { url = '' } = readState(this.#stateFile)[name] ?? {}
    onProgress(`${name} is ready at ${url} after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    return 'started'
  }

  /** A service that cannot be stopped must not hide why another one could not be started. */
  async #giveUp(names: readonly ServiceName[], onProgress: (message: string) => void): Promise<void> {
    for (const name of names) {
      try {
        if (await this.#stop(name)) onProgress(`stopped ${name} again`)
      } catch (error) {
        onProgress(`${name} could not be stopped again: ${error instanceof Error ? error.message : error}`)
      }
    }
  }

  async #stop(name: ServiceName): Promise<boolean> {
    const record = readState(this.#stateFile)[name]
    if (record === undefined) return false
    const stopped = record.kind === 'process' ? await endProcess(record) : record.kind === 'container'
    if (record.kind === 'container') await stopContainer(name, record.project)
    recordService(this.#stateFile, name, undefined)
    return stopped
  }

  async #describe(name: ServiceName, record: ServiceRecord | undefined): Promise<ServiceStatus> {
    const isThere = record !== undefined && (record.kind !== 'process' || isRunning(record))
    if (!isThere) {
      return { name, state: 'stopped', dataDirectory: join(this.#options.runDirectory, name) }
    }
    const { url, version, dataDirectory } = record
    const memoryBytes = record.kind === 'process' ? residentMemory(record.pid) : undefined
    return {
      name,
      state: (await isHealthy(name, record)) ? 'running' : 'unhealthy',
      url,
      version,
      dataDirectory,
      ...(record.kind === 'process' ? { pid: record.pid } : {}),
      memoryBytes,
    }
  }

  #locked<T>(onProgress: (message: string) => void, action: () => Promise<T>): Promise<T> {
    const onWait = (pid: number) =>
      onProgress(`process ${pid} is starting or stopping the services: waiting for it`)
    // The first start may download the engine over a slow line.
    const options = { onWait, timeoutMs: 3_600_000 }
    return withLock(join(this.#options.runDirectory, 'services.lock'), options, action)
  }
}

async function isUsable(name: ServiceName, record: ServiceRecord | undefined): Promise<boolean> {
  if (record === undefined || (record.kind === 'process' && !isRunning(record))) return false
  return answers(name, record)
}

async function isHealthy(name: ServiceName, record: ServiceRecord): Promise<boolean> {
  if (name === 'redis') return answers(name, record)
  const health = await openSearchHealth(record.url, pidOf(record))
  return health === 'green' || health === 'yellow'
}

function chosen(choice: Readonly<Record<ServiceName, boolean>>): ServiceName[] {
  return SERVICE_NAMES.filter((name) => choice[name])
}

function ignore(): void {}
