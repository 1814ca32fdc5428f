import { ownNames, type Shape, type Writer } from './shape.ts'

/** Limits and habits that an owner may have set. */
export const SETTING_SHAPES: readonly Shape[] = [
  { title: 'a search may ask for fifty hits', settings: { max_result_window: 50 }, more: 120 },
  { title: 'a search may ask for four hits', settings: { max_result_window: 4 }, more: 20 },
  { title: 'a search may work out no fields by scripts', settings: { max_script_fields: 0 }, more: 20 },
  { title: 'a second phase may score three documents', settings: { max_rescore_window: 3 }, more: 20 },
  { title: 'a query may name one term in a list', settings: { max_terms_count: 1 } },
  { title: 'a search may ask for no doc values', settings: { max_docvalue_fields_search: 0 } },
  { title: 'inner hits are one at most', settings: { max_inner_result_window: 1 } },
  { title: 'grams may not differ in length', settings: { max_ngram_diff: 0 } },
  { title: 'nothing is refreshed by itself', settings: { refresh_interval: '-1' } },
  {
    title: 'the log is written later',
    settings: { 'translog.durability': 'async', 'translog.sync_interval': '100ms' },
  },
  { title: 'the index is hidden', settings: { hidden: true } },
  { title: 'there are five shards', settings: { number_of_shards: 5 } },
  {
    title: 'the index is sorted by a field',
    settings: { 'sort.field': 'rank', 'sort.order': 'desc' },
    properties: { rank: { type: 'integer' } },
    source: (text, id) => ({ text, rank: Number(id.slice(1)) % 7 }),
  },
  {
    title: 'unknown fields are refused',
    mapping: { dynamic: 'strict' },
    properties: { rank: { type: 'integer' } },
    source: (text) => ({ text, rank: 1 }),
  },
  {
    title: 'unknown fields are not mapped',
    mapping: { dynamic: false },
    source: (text) => ({ text, more: { a: 1 } }),
  },
  {
    title: 'every document needs a routing value',
    mapping: { _routing: { required: true } },
    settings: { number_of_shards: 3 },
    routing: (id) => `r${Number(id.slice(1)) % 4}`,
  },
  {
    title: 'documents are routed to some of the shards',
    settings: { number_of_shards: 4, routing_partition_size: 2, number_of_routing_shards: 4 },
    mapping: { _routing: { required: true } },
    routing: (id) => `r${Number(id.slice(1)) % 4}`,
  },
  withPipeline('default', 'ingest'),
  withPipeline('final', 'final'),
]

/** An ingest pipeline of the owner's that adds a field to each document. */
function withPipeline(kind: 'default' | 'final', name: 'ingest' | 'final'): Shape {
  return {
    title: `the owner has a ${kind} pipeline`,
    source: (text) => ({ text, checked: true }),
    async before({ client, index }) {
      await client.ingest.putPipeline({
        id: ownNames(index)[name],
        body: { processors: [{ set: { field: 'checked', value: true as never } }] },
      })
    },
    async owned({ client, index }) {
      const body = { [`index.${kind}_pipeline`]: ownNames(index)[name] } as object
      await client.indices.putSettings({ index, body })
      return undefined
    },
  }
}

const WRITERS: Readonly<Record<string, Writer>> = {
  'one by one': async ({ client, index }, { id, source }) => {
    await client.index({ index, id, body: source })
  },
  'by upserts': async ({ client, index }, { id, source }) => {
    await client.update({ index, id, body: { doc: source, doc_as_upsert: true } })
  },
  'by scripts': async ({ client, index }, { id, source }) => {
    const script = { source: 'ctx._source.text = params.text', params: source }
    await client.update({ index, id, body: { script: script as never, upsert: source } })
  },
  'past every pipeline': async ({ client, index }, { id, source }) => {
    await client.index({ index, id, body: source, pipeline: '_none' })
  },
  'and refresh each time': async ({ client, index }, { id, source }) => {
    await client.index({ index, id, body: source, refresh: true })
  },
  'in a bulk of upserts': async ({ client, index }, { id, source }) => {
    const body = [{ update: { _id: id } }, { doc: source, doc_as_upsert: true }]
    await client.bulk({ index, body: body as never })
  },
}

/** Ways in which clients write, each in one shard and in three, and with a search pipeline that hides pending documents. */
export const WRITER_SHAPES: readonly Shape[] = Object.entries(WRITERS).flatMap(([how, write]): Shape[] => [
  { title: `clients write ${how}`, write },
  { title: `clients write ${how} to three shards`, write, settings: { number_of_shards: 3 } },
])
