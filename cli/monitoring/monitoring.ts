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
  /** Asks Redis for anything that needs the keys of the work. */
  readonly askRedis: () => Promise<unknown>
  /** Asked for counts and shown by the board; stays open until `close` of the monitoring. A sweeper has many. */
  readonly queue?: EncodeQueue | undefined
  readonly model?: { readonly name: string; readonly version: string } | undefined
  readonly logger: Logger
  /** Beside Redis and the engine. */
  readonly checks: readonly ReadinessCheck[]
  readonly defect?: () => string | undefined
}

export interface Monitoring {
  readonly telemetry: Telemetry
  /** For more metrics; absent when nothing is served. */
  readonly registry: Registry | undefined
  close(): Promise<void>
}

/**
 * Metrics and pages of a command that runs for long, when its flags ask for them.
 *
 * @throws LexpandError SERVICE when the address cannot be had
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
    // Loaded on demand: it is as large as the rest together.
    ...(flags.ui && queue !== undefined
      ? { board: (await import('./queue-board.ts')).queueBoard(queue) }
      : {}),
  })
  const server = await startHttpServer(app, address)
  const pages = `/metrics, /healthz, /readyz${flags.ui ? ` and ${BOARD_PATH}` : ''}`
  logger.info({ url: server.url }, `serving ${pages}`)
  if (!isLoopback(address.host)) {
    logger.warn({ url: server.url }, 'whoever reaches this address can read metrics and job ids: no login')
  }
  return { telemetry, registry, close: () => server.close() }
}
