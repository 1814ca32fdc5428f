// The life of an index in TypeScript, as an application would write it: only the package is imported.
import { Client } from '@opensearch-project/opensearch'
import {
  enqueue,
  loadModel,
  openQueue,
  reindex,
  rollBackReindex,
  type SearchHit,
  search,
  setUp,
  startWorker,
  untilEncoded,
} from 'lexpand'

interface Article {
  readonly title: string
  readonly body: string
}

const client = new Client({ node: process.env.OPENSEARCH_URL ?? '' })
const redis = process.env.REDIS_URL ?? ''
const index = process.env.INDEX ?? ''
const model = await loadModel()

const first = await setUp(client, model, `${index}-v1`, { fields: ['title', 'body'] })
const again = await setUp(client, model, `${index}-v1`, { fields: ['title', 'body'] })
if (!first.created || again.created) throw new Error('expected set-up to make the index once')

const queue = await openQueue({ redis, model, prefix: '{stranger}' })
const stop = new AbortController()
const worker = await startWorker({
  client,
  redis,
  model,
  prefix: '{stranger}',
  logger: console,
  signal: stop.signal,
})
const articles: Article[] = [
  { title: 'Weather', body: 'Rain is expected in New York over the weekend.' },
  { title: 'Health', body: 'The heart pumps blood through the body.' },
  { title: 'Music', body: 'The orchestra plays a symphony tonight.' },
]
const stored = await enqueue(
  { client, queue, index: `${index}-v1` },
  articles.map((source, at) => ({ id: `${at}`, source: { ...source } })),
)
if (stored.indexed !== 3) throw new Error(`expected 3 documents, got ${JSON.stringify(stored)}`)
await untilEncoded({ client, queue, index: `${index}-v1` })

const found = await search<Article>(client, model, {
  index: `${index}-v1`,
  text: 'cardiac circulation',
  mode: 'sparse',
})
const best: SearchHit<Article> | undefined = found.hits[0]
if (best?.source.title !== 'Health') throw new Error(`expected Health, got ${JSON.stringify(found)}`)

const moved = await reindex({
  client,
  queue,
  from: `${index}-v1`,
  to: `${index}-v2`,
  alias: index,
  pruning: { type: 'max_ratio', ratio: 0.2 },
})
if (moved.kind !== 'beside' || moved.ready !== 3)
  throw new Error(`expected a move, got ${JSON.stringify(moved)}`)
const byAlias = await search<Article>(client, model, { index, text: 'downpour in Manhattan', mode: 'sparse' })
if (byAlias.hits[0]?.source.title !== 'Weather')
  throw new Error(`expected Weather, got ${JSON.stringify(byAlias)}`)
await rollBackReindex({ client, redis, prefix: '{stranger}', name: index })

stop.abort()
await worker.close()
await queue.close()
await client.close()
console.log('lived')
