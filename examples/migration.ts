// Moves an index to a stronger pruning behind its alias, while clients continue, and back again: `node migration.ts INDEX`.
import { Client } from '@opensearch-project/opensearch'
import { loadModel, openQueue, readSpecification, reindex, rollBackReindex, startWorker } from 'lexpand'

const [index = 'articles'] = process.argv.slice(2)
const client = new Client({ node: process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9200' })
const redis = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const model = await loadModel()
const queue = await openQueue({ redis, model })
const worker = await startWorker({ client, redis, model })
try {
  const moved = await reindex({
    client,
    queue,
    from: index,
    to: `${index}-pruned`,
    alias: `${index}-live`,
    pruning: { type: 'max_ratio', ratio: 0.3 },
    gate: { minOverlap: 0.5 },
    onProgress: ({ settled, documents }) => console.log(`${settled} of ${documents}`),
  })
  console.log(`${moved.documents} documents moved`)
  console.log(JSON.stringify((await readSpecification(client, `${index}-live`)).pruning))
  await rollBackReindex({ client, redis, name: `${index}-live` })
  console.log(JSON.stringify((await readSpecification(client, `${index}-live`)).pruning))
} finally {
  await worker.close()
  await queue.close()
  await client.close()
}
