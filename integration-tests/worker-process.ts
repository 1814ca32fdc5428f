/** A worker in a process of its own, for tests that kill it. Its settings are the first argument, as JSON. */
import { appendFileSync } from 'node:fs'
import { pino } from 'pino'
import { loadModel } from '../models/index.ts'
import type { Encoder } from '../sparse/index.ts'
import { startWorker } from '../workers/index.ts'
import { testEncoder } from './test-encoder.ts'
import { testClient } from './test-index.ts'

export interface WorkerProcessSettings {
  readonly opensearchUrl: string | readonly string[]
  readonly redisUrl: string
  readonly identity: string
  /** Milliseconds of a batch of the fake encoder; undefined uses the bundled model. */
  readonly fakeDelayMs?: number
  /** File that gets a line for every window encoded, so that work done twice can be counted after kills. */
  readonly encodedLog?: string
}

const settings: WorkerProcessSettings = JSON.parse(process.argv[2] ?? '')
const model = { ...(await loadModel()), identity: settings.identity }
const { fakeDelayMs, encodedLog } = settings
const worker = await startWorker({
  client: testClient(settings.opensearchUrl),
  redisUrl: settings.redisUrl,
  model,
  logger: pino({ level: 'warn' }, pino.destination(2)),
  onProgress: ({ ready }) => process.send?.(ready),
  ...(fakeDelayMs === undefined ? {} : { encoder: counted(testEncoder(model, { delayMs: fakeDelayMs })) }),
})
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)))
process.send?.(0)

function counted(encoder: Encoder): Encoder {
  if (encodedLog === undefined) return encoder
  return {
    ...encoder,
    async encode(batch) {
      const vectors = await encoder.encode(batch)
      appendFileSync(encodedLog, batch.map(({ inputIds }) => `${inputIds.join(' ')}\n`).join(''))
      return vectors
    },
  }
}
