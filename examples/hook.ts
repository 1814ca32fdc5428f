// An existing writer keeps its plain bulk requests; the pipeline of the index stamps its documents, and the sweeper of
// a worker finds them: `node hook.ts INDEX`.
import { Client } from '@opensearch-project/opensearch'
import { audit, loadModel, openQueue, setUp, startSweeper, startWorker, untilEncoded } from 'lexpand'

const [index = 'articles'] = process.argv.slice(2)
const client = new Client({ node: process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9200' })
const redis = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const model = await loadModel()
await setUp(client, model, index, { fields: ['body'] })

// The code below is all that the writer does; it knows nothing of Lexpand.
await client.bulk({
  index,
  body: [
    { index: { _id: '1' } },
    { body: 'A vaccine trains the immune system before it meets the virus.' },
    { index: { _id: '2' } },
    { body: 'The glacier has lost a third of its ice in twenty years.' },
  ],
})

const worker = await startWorker({ client, redis, model })
const sweeper = await startSweeper({
  client,
  redis,
  identity: model.identity,
  indices: [index],
  everyMs: 500,
})
const queue = await openQueue({ redis, model })
try {
  await untilEncoded({ client, queue, index })
  const { documents, ready, problems } = await audit(client, index)
  console.log(`${ready} of ${documents} documents have their vector, ${problems} have problems`)
} finally {
  await sweeper.close()
  await worker.close()
  await queue.close()
  await client.close()
}
