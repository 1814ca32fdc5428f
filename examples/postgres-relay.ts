// Carries changes of PostgreSQL into an index: `node postgres-relay.ts INDEX`, beside postgres-outbox.sql and a worker with its sweeper.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@opensearch-project/opensearch'
import pg from 'pg'

const [index = 'articles'] = process.argv.slice(2)
const client = new Client({ node: process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9200' })
// Names of host, user and database are read from PGHOST, PGUSER, PGDATABASE.
const database = new pg.Client()
await database.connect()
// Two relays at once could write an older state over a newer one; the lock goes with the connection.
await database.query('SELECT pg_advisory_lock(4711)')
console.log('relaying')

let isStopping = false
process.once('SIGTERM', () => {
  isStopping = true
})
while (!isStopping) {
  // Positions and present rows in one snapshot: a change that comes later has a later position.
  const { rows } = await database.query<Change>(`
    SELECT position, article, articles.id IS NOT NULL AS is_there, title, body
    FROM (SELECT position, article FROM search_outbox ORDER BY position LIMIT 500) AS changes
    LEFT JOIN articles ON articles.id = article`)
  if (rows.length === 0) await sleep(200)
  else await relay(rows)
}
await database.end()
await client.close()

interface Change {
  /** bigint, which JavaScript cannot hold as a number. */
  readonly position: string
  readonly article: string
  readonly is_there: boolean
  readonly title: string | null
  readonly body: string | null
}

/** A crash between the request and the deletion repeats both, which changes nothing. */
async function relay(changes: readonly Change[]): Promise<void> {
  const newest = new Map(changes.map((change) => [change.article, change]))
  const body = [...newest.values()].flatMap(({ article, is_there, title, body }): object[] =>
    is_there ? [{ index: { _id: article } }, { title, body }] : [{ delete: { _id: article } }],
  )
  const { items } = (await client.bulk({ index, body })).body
  const refused = items
    .flatMap((item) => Object.values(item))
    .find(({ status = 0 }) => status >= 400 && status !== 404)
  if (refused !== undefined) throw new Error(`${refused._id}: ${refused.error?.reason}`)
  await database.query('DELETE FROM search_outbox WHERE position = ANY($1)', [
    changes.map(({ position }) => position),
  ])
}
