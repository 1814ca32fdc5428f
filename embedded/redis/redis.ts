import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startDaemon, waitUntilHealthy } from '../host/daemon.ts'
import { startOnFreePort } from '../host/free-port-start.ts'
import { redisAnswers } from '../host/health.ts'
import type { NetworkPlace } from '../host/network-place.ts'
import { LOOPBACK } from '../host/ports.ts'
import { endProcess } from '../host/processes.ts'
import type { ServiceUser } from '../host/service-user.ts'
import type { ProcessRecord } from '../host/state.ts'
import type { RedisServer } from './redis-server.ts'

export interface RedisOptions {
  readonly server: RedisServer
  /** Holds the append-only log; existing content stays. */
  readonly dataDirectory: string
  readonly user: ServiceUser | undefined
  /** If this port is taken, another one is used. */
  readonly preferredPort: number
  /** @default the loopback address */
  readonly network?: NetworkPlace | undefined
  readonly onProgress?: ((message: string) => void) | undefined
  /** Called as soon as the process exists. */
  readonly onSpawned: (record: ProcessRecord) => void
}

/**
 * Starts a Redis fit for a queue: every write is logged (a kill loses at most the last second) and no key is evicted
 * when memory is short. Listens on one address only, by default that of the loopback.
 *
 * @throws EngineError ENGINE_START with the end of the log, ENGINE_PORT
 */
export function startRedis(options: RedisOptions): Promise<ProcessRecord> {
  return startOnFreePort({ ...options, name: 'Redis' }, (port) => startOnce(options, port))
}

/** Waits until the log of earlier runs is loaded, too. */
export async function waitForRedis(record: ProcessRecord): Promise<void> {
  await waitUntilHealthy({
    name: 'Redis',
    mark: record,
    isHealthy: () => redisAnswers(record.url),
    timeoutMs: 60_000,
    logFile: redisLog(record.dataDirectory),
  })
}

async function startOnce(options: RedisOptions, port: number): Promise<ProcessRecord> {
  const { server, dataDirectory, user, network } = options
  const address = network?.address ?? LOOPBACK
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  if (user !== undefined) chownSync(dataDirectory, user.uid, user.gid)
  const mark = await startDaemon({
    command: server.command,
    arguments: [
      ...['--bind', address, '--port', String(port), '--dir', dataDirectory, '--daemonize', 'no'],
      ...[
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        '--save',
        '',
        '--maxmemory-policy',
        'noeviction',
      ],
      // In protected mode, without a password, Redis would answer only clients of its own namespace.
      ...(network === undefined ? [] : ['--protected-mode', 'no']),
    ],
    cwd: dataDirectory,
    user,
    namespace: network?.namespace,
    logFile: redisLog(dataDirectory),
  })
  const record: ProcessRecord = {
    kind: 'process',
    ...mark,
    url: `redis://${address}:${port}`,
    version: server.version,
    dataDirectory,
    startedAt: new Date().toISOString(),
  }
  options.onSpawned(record)
  try {
    await waitForRedis(record)
  } catch (error) {
    await endProcess(mark)
    throw error
  }
  return record
}

function redisLog(dataDirectory: string): string {
  return join(dataDirectory, 'redis.log')
}
