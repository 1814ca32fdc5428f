// A worker process of one's own: encodes the documents queued for the model, sweeps its indices, and ends in order.
import { Client } from '@opensearch-project/opensearch'
import { loadModel, startSweeper, startWorker } from 'lexpand'

const client = new Client({ node: process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9200' })
const redis = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const model = await loadModel()

const worker = await startWorker({
  client,
  redis,
  model,
  logger: console,
  onProgress: ({ ready, failed }) => console.log(`${ready} encoded, ${failed} failed`),
})
const sweeper = await startSweeper({
  client,
  redis,
  identity: model.identity,
  everyMs: 1_000,
  logger: console,
})

// A supervisor may stop this process as soon as it reads "ready".
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await sweeper.close()
    await worker.close()
    await client.close()
  })
}
console.log('ready')
