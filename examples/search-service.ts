// An HTTP service: GET /search?q=TEXT&mode=hybrid&topic=NAME&page=2 answers with hits, their reasons, and the counts of topics.
import { serve } from '@hono/node-server'
import { Client } from '@opensearch-project/opensearch'
import { Hono } from 'hono'
import { LexpandError, loadModel, type SearchMode, search } from 'lexpand'

interface Article {
  readonly title: string
  readonly body: string
  readonly topic: string
}

const PAGE = 10
const [index = 'articles', port = '8080'] = process.argv.slice(2)
const client = new Client({ node: process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9200' })
const model = await loadModel()
const app = new Hono()

app.get('/search', async (context) => {
  const { q = '', mode = 'hybrid', topic, page = '1' } = context.req.query()
  const filter = topic === undefined ? [] : [{ term: { topic } }]
  try {
    const request = { index, text: q, filter, mode: mode as SearchMode, explain: true }
    const { hits } = await search<Article>(client, model, {
      ...request,
      from: (Number(page) - 1) * PAGE,
      size: PAGE,
      signal: context.req.raw.signal,
    })
    return context.json({
      hits: hits.map(({ id, score, source, explanation }) => ({ id, score, source, explanation })),
    })
  } catch (error) {
    if (error instanceof LexpandError)
      return context.json({ error: error.message }, error.code === 'QUERY' ? 400 : 503)
    throw error
  }
})

// A supervisor may stop this process as soon as it reads "listening".
process.once('SIGTERM', () => server.close())
const server = serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' }, ({ port: open }) =>
  console.log(`listening on ${open}`),
)
