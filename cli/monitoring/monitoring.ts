import type { Client } from '@opensearch-project/opensearch'
import type { Logger } from 'pino'
import { collectDefaultMetrics, type Registry } from 'prom-client'
import packageJson from '../../package.json' with { type: 'json' }
import {
  type EncodeQueue,
  NO_TELEMETRY,
  prometheusTelemetry,
  type Telemetry,
  watchQueue,
  watchStates,
} from '../../workers/index.ts'
import { addressOf, type HttpFlags, isLoopback } from './http-address.ts'
import { BOARD_PATH, httpApp } from './http-app.ts'
import { startHttpServer } from './http-server.ts'
import { engineCheck, type ReadinessCheck, redisCheck } from './readiness.ts'

export interface MonitoredProcess {
  readonly role: 'worker' | 'sweeper'
  readonly client: Client
  /** Sends Redis a command that needs the keys of the work. */
  readonly askRedis: () => Promise<unknown>
  /** Queue for counts and the board; stays open until `close` of the monitoring. A sweeper has many queues. */
  readonly queue?: EncodeQueue | undefined
  readonly model?: { readonly name: string; readonly version: string } | undefined
  readonly logger: Logger
  /** Checks beside Redis and the engine. */
  readonly checks: readonly ReadinessCheck[]
  readonly defect?: () => string | undefined
}

export interface Monitoring {
  readonly telemetry: Telemetry
  /** Registry for further metrics; absent when nothing is served. */
  readonly registry: Registry | undefined
  close(): Promise<void>
}

/**
 * Starts metrics and pages of a long-running command, when its options ask for them.
 *
 * @throws LexpandError SERVICE when the address cannot be used
 */
export async function startMonitoring(flags: HttpFlags, process: MonitoredProcess): Promise<Monitoring> {
  const address = addressOf(flags)
  if (address === undefined) {
    return { telemetry: NO_TELEMETRY, registry: undefined, close: async () => {} }
  }
  const { role, client, queue, model, logger, checks, defect } = process
  const { telemetry, registry, indices } = prometheusTelemetry({
    build: {
      role,
      version: packageJson.version,
      model: model?.name ?? '',
      model_version: model?.version ?? '',
    },
  })
  collectDefaultMetrics({ register: registry })
  if (queue !== undefined) watchQueue(registry, queue)
  watchStates(registry, client, indices)
  const app = httpApp({
    registry,
    checks: [redisCheck(process.askRedis), engineCheck(client), ...checks],
    onlyLoopback: isLoopback(address.host),
    defect,
    // Loaded on demand: it is as large as all other modules together.
    ...(flags.ui && queue !== undefined
      ? { board: (await import('./queue-board.ts')).queueBoard(queue) }
      : {}),
  })
  const server = await startHttpServer(app, address)
  const pages = `/metrics, /healthz, /readyz${flags.ui ? ` and ${BOARD_PATH}` : ''}`
  logger.info({ url: server.url }, `serving ${pages}`)
  if (!isLoopback(address.host)) {
    logger.warn(
      { url: server.url },
      'anybody who reaches this address can read metrics and job ids: there is no login',
    )
  }
  return { telemetry, registry, close: () => server.close() }
}
