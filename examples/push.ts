// Sets an index up, stores documents, encodes them in this process and asks a question: `node push.ts INDEX`.
import { Client } from '@opensearch-project/opensearch'
import { enqueue, loadModel, openQueue, search, setUp, startWorker, untilEncoded } from 'lexpand'

interface Article {
  readonly title: string
  readonly body: string
}

const ARTICLES: readonly Article[] = [
  { title: 'Tides', body: 'The moon pulls the water of the sea, so that it rises and falls twice a day.' },
  { title: 'Bread', body: 'Yeast makes the dough rise before it goes into the oven.' },
  { title: 'Stocks', body: 'Share prices fell after the central bank raised interest rates.' },
]

const [index = 'articles'] = process.argv.slice(2)
const client = new Client({ node: process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9200' })
const redis = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const model = await loadModel()

await setUp(client, model, index, { fields: ['title', 'body'] })
const queue = await openQueue({ redis, model })
const worker = await startWorker({ client, redis, model })
try {
  const documents = ARTICLES.map((source) => ({ id: source.title, source: { ...source } }))
  const report = await enqueue({ client, queue, index }, documents)
  console.log(`${report.indexed} stored, ${report.unchanged} there already, ${report.failed} refused`)
  await untilEncoded({ client, queue, index })
  const { hits } = await search<Article>(client, model, {
    index,
    text: 'why did the stock market crash',
    mode: 'sparse',
  })
  for (const { score, source } of hits) console.log(score.toFixed(2), source.title)
} finally {
  await worker.close()
  await queue.close()
  await client.close()
}
