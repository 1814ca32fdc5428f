/** Entry of a worker process of `lexpand bench ingest`. Its settings are the first message; `stop` is the second. */
import { destination, pino } from 'pino'
import { loadModel } from '../../models/index.ts'
import { type ClientSettings, openSearchClient } from '../../opensearch/client.ts'
import { startSweeper, startWorker, type WorkerStats } from '../../workers/index.ts'
import { type BenchEncoderOptions, benchEncoder } from './ingest-encoder.ts'

export interface IngestWorkerSettings extends BenchEncoderOptions {
  readonly opensearchUrl: string
  readonly redisUrl: string
  readonly model: string
  /** Folder of models from the hub. */
  readonly modelCache?: string | undefined
  /** Login and time-outs of the cluster. */
  readonly clientSettings?: ClientSettings | undefined
  /** Identity of the model for its queue, so that other workers do not help. */
  readonly identity: string
  /** Whether it sweeps for documents of other clients, as `lexpand worker` does. */
  readonly sweep: boolean
}

/** State of a worker: sent when it can take jobs, and after every job. */
export interface IngestWorkerReport {
  readonly stats: WorkerStats
  /** Busy time of the encoder's child processes together; 0 for the other encoders, which have none. */
  readonly encoderBusyMs: number
  readonly encoderPids: readonly number[]
}

/** Time between two sweeps: with the 5 s of `lexpand worker` a short run would measure little else. */
const SWEEP_EVERY_MS = 500

/** Closes all open connections; none of them is used before the first report. */
let close = async () => {}

process.once('message', (settings: IngestWorkerSettings) => {
  // Stops at once: the driver must not wait for a start that waits for a service.
  process.once('message', async () => {
    await close()
    process.exit(0)
  })
  void start(settings)
})
process.on('disconnect', () => process.exit(1))
// A terminal signals the whole group; the parent ends its workers.
process.on('SIGINT', () => {})

async function start(settings: IngestWorkerSettings): Promise<void> {
  const { opensearchUrl, redisUrl, identity } = settings
  const { modelCache: cacheDirectory } = settings
  const model = { ...(await loadModel(settings.model, { cacheDirectory })), identity }
  const client = openSearchClient(opensearchUrl, settings.clientSettings)
  const logger = pino({ level: 'warn' }, destination({ dest: 2, sync: true }))
  const encoder = await benchEncoder(model, settings)
  const tell = (stats: WorkerStats) => {
    const { busyMs: encoderBusyMs, processIds: encoderPids } = encoder
    process.send?.({ stats, encoderBusyMs, encoderPids } satisfies IngestWorkerReport)
  }
  const worker = await startWorker({ client, redis: redisUrl, model, logger, encoder, onProgress: tell })
  const sweeper = settings.sweep
    ? await startSweeper({ client, redis: redisUrl, logger, identity, everyMs: SWEEP_EVERY_MS })
    : undefined
  close = async () => {
    await sweeper?.close()
    await worker.close()
  }
  tell(worker.stats)
}
