import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startSweeper } from '../workers/index.ts'
import { states, wrongVectors } from './fixtures/stored-vectors.ts'
import { until } from './fixtures/until.ts'
import { type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

/**
 * What shippers send to `_bulk`, in the shapes of their documentation and source: two requests each, of which the second
 * changes texts of the first. Kafka Connect, which numbers versions itself, is in external-versions.test.ts.
 */
interface Shipper {
  readonly name: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly isPacked?: boolean
  /** Lines of a request. */
  first(index: string): readonly object[]
  second(index: string): readonly object[]
  /** Texts in the end, in any order. */
  readonly texts: readonly string[]
}

const SHIPPERS: readonly Shipper[] = [
  {
    name: 'Logstash, index',
    first: (_index) => [
      { index: { _id: '1', _index } },
      { '@timestamp': '2026-11-30T10:00:00.000Z', '@version': '1', text: 'rain in new york' },
      { index: { _id: '2', _index, routing: 'r' } },
      { '@timestamp': '2026-11-30T10:00:00.000Z', '@version': '1', text: 'bread and butter' },
    ],
    second: (_index) => [
      { index: { _id: '1', _index } },
      { '@timestamp': '2026-11-30T10:00:01.000Z', '@version': '1', text: 'snow in new york' },
    ],
    texts: ['snow in new york', 'bread and butter'],
  },
  {
    name: 'Logstash, update with doc_as_upsert and delete',
    first: (_index) => [
      { update: { _id: 'u1', _index, retry_on_conflict: 1 } },
      { doc: { '@version': '1', text: 'rain in new york', tags: ['a'] }, doc_as_upsert: true },
      { index: { _id: 'u2', _index } },
      { '@version': '1', text: 'bread and butter' },
    ],
    second: (_index) => [
      { update: { _id: 'u1', _index, retry_on_conflict: 1 } },
      { doc: { text: 'snow in new york' }, doc_as_upsert: true },
      { delete: { _id: 'u2', _index } },
    ],
    texts: ['snow in new york'],
  },
  {
    name: 'Vector, index in a packed request',
    path: '/_bulk?timeout=60s',
    isPacked: true,
    first: (_index) => [
      { index: { _index, _id: 'v1' } },
      { host: 'a', source_type: 'file', timestamp: '2026-11-30T10:00:00Z', text: 'the moon landing' },
    ],
    second: (_index) => [
      { index: { _index, _id: 'v1' } },
      { host: 'a', source_type: 'file', timestamp: '2026-11-30T10:00:01Z', text: 'the mars landing' },
    ],
    texts: ['the mars landing'],
  },
  {
    name: 'Fluent Bit, create without ids and upsert with them',
    headers: { 'content-type': 'application/x-ndjson' },
    first: (_index) => [
      { create: { _index } },
      { '@timestamp': '2026-11-30T10:00:00.000Z', text: 'garden birds' },
      { update: { _index, _id: 'f1' } },
      { doc_as_upsert: true, doc: { text: 'a fast red car' } },
    ],
    second: (_index) => [
      { update: { _index, _id: 'f1' } },
      { doc_as_upsert: true, doc: { text: 'a slow red car' } },
    ],
    texts: ['garden birds', 'a slow red car'],
  },
  {
    name: 'Data Prepper, index with routing, upsert and delete',
    first: (_index) => [
      { index: { _id: 'd1', _index, routing: 'tenant' } },
      { text: 'rain in new york' },
      { update: { _id: 'd2', _index } },
      { doc: { text: 'bread and butter' }, doc_as_upsert: true },
      { create: { _id: 'd3', _index } },
      { text: 'the moon landing' },
    ],
    second: (_index) => [
      { index: { _id: 'd1', _index, routing: 'tenant' } },
      { text: 'snow in new york' },
      { update: { _id: 'd2', _index } },
      { doc: { text: 'bread and honey' }, doc_as_upsert: true },
      { delete: { _id: 'd3', _index } },
    ],
    texts: ['snow in new york', 'bread and honey'],
  },
]

test('what Logstash, Vector, Fluent Bit and Data Prepper write gets the vectors of its newest texts, partial updates too', async () => {
  const fixture = await workerFixture('shipper')
  await fixture.startWorker()
  const { client, redis, index } = fixture
  const logger = pino({ level: 'silent' })
  const sweeper = await startSweeper({ client, redis, indices: [index], everyMs: 200, logger })
  onTestFinished(() => sweeper.close())
  for (const shipper of SHIPPERS) await send(shipper, shipper.first(index))
  await untilRight(fixture)
  for (const shipper of SHIPPERS) await send(shipper, shipper.second(index))
  await untilRight(fixture)
  const stored = [...(await fixture.documents()).values()].map(({ text }) => text as string)
  expect(stored.toSorted()).toEqual(SHIPPERS.flatMap(({ texts }) => texts).toSorted())
})

async function send(
  { name, path = '/_bulk', headers, isPacked }: Shipper,
  lines: readonly object[],
): Promise<void> {
  const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`
  const reply = await fetch(`${inject('opensearchUrl')}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(isPacked === true ? { 'content-encoding': 'gzip' } : {}),
      ...headers,
    },
    body: isPacked === true ? gzipSync(text) : text,
  })
  expect(await reply.json(), name).toMatchObject({ errors: false })
}

/** A partial update inside of `_bulk` passes the pipeline by, and leaves `ready` with another text: states alone prove nothing. */
async function untilRight(fixture: WorkerFixture): Promise<void> {
  await until(async () => {
    const documents = await fixture.documents()
    const { ready = 0 } = states(documents)
    if (documents.size === 0 || ready < documents.size) return false
    return (await wrongVectors(fixture, documents, fixture.encoder())).length === 0
  }, 60_000)
}
