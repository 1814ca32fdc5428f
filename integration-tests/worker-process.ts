/** A worker in a process of its own, for tests that kill it. Its settings are the first argument, as JSON. */
import { pino } from 'pino'
import { loadModel } from '../models/index.ts'
import { startWorker } from '../workers/index.ts'
import { testEncoder } from './test-encoder.ts'
import { testClient } from './test-index.ts'

export interface WorkerProcessSettings {
  readonly opensearchUrl: string
  readonly redisUrl: string
  readonly identity: string
  /** Milliseconds of a batch of the fake encoder; undefined uses the bundled model. */
  readonly fakeDelayMs?: number
}

const settings: WorkerProcessSettings = JSON.parse(process.argv[2] ?? '')
const model = { ...(await loadModel()), identity: settings.identity }
const { fakeDelayMs } = settings
const worker = await startWorker({
  client: testClient(settings.opensearchUrl),
  redisUrl: settings.redisUrl,
  model,
  logger: pino({ level: 'warn' }, pino.destination(2)),
  onProgress: ({ ready }) => process.send?.(ready),
  ...(fakeDelayMs === undefined ? {} : { encoder: testEncoder(model, { delayMs: fakeDelayMs }) }),
})
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)))
process.send?.(0)
