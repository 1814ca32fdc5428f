/** `npm run clients:long [-- --minutes 10 --seed N]`: random clients on an engine of their own; exit 0 without a violation. */
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { loadModel } from '../../models/index.ts'
import { openQueue, startWorker } from '../../workers/index.ts'
import { startServices } from '../chaos/services.ts'
import { testEncoder } from '../fixtures/test-encoder.ts'
import { testClient } from '../fixtures/test-index.ts'
import { randomClients } from './random-clients.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
})
const BATCH = 5

const milliseconds = Number(values.minutes) * 60_000
const log = (line: string) => void process.stderr.write(`[clients] ${line}\n`)
log(`starting OpenSearch and Redis; seed ${values.seed}`)
const started = await startServices(1)
try {
  const client = testClient(started.nodes.map(({ url }) => url))
  const redis = started.redis.url
  const model = { ...(await loadModel()), identity: randomUUID().replaceAll('-', '').repeat(2) }
  const encoder = testEncoder(model, { delayMs: 20 })
  const worker = await startWorker({ client, redis, model, encoder, logger: pino({ level: 'silent' }) })
  const queue = await openQueue({ redis, model })
  const until = performance.now() + milliseconds
  let runs = 0
  let failure: string | undefined
  for (let seed = Number(values.seed); failure === undefined && performance.now() < until; seed++) {
    failure = await randomClients({ client, queue, model }, { seed, runs: BATCH, maxCommands: 60 })
    runs += BATCH
    log(`${runs} runs`)
  }
  process.stdout.write(failure === undefined ? `${runs} runs, 0 violations\n` : `${failure}\n`)
  process.exitCode = failure === undefined ? 0 : 1
  await worker.close()
  await queue.close()
  await client.close()
} finally {
  await started.stop()
}
