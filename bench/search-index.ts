import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Client } from '@opensearch-project/opensearch'
import { resolveEncoding, specificationFor } from '../mappings/index.ts'
import { fingerprint, type Model } from '../models/index.ts'
import { LexpandError } from '../sparse/errors.ts'
import { type FieldKind, SPARSE_FIELD, TEXT_FIELD } from './search-variants.ts'

/** JSON lines `{"_id", "text"}` and `{"_id", "vector": {piece: weight}}`: the same ids in the same order. */
export interface BenchFiles {
  readonly documents: string
  readonly vectors: string
}

export interface BenchIndex {
  readonly name: string
  readonly documents: number
  /** Of postings, term dictionary, positions and norms, with those of the ids: what searching takes in the one segment. */
  readonly bytes: number
  /** Sending, refresh and merge into one segment; absent when the index was there already. */
  readonly seconds?: number
}

const BATCH = 1_000
/** Extensions of Lucene's files that belong to the inverted index. */
const POSTINGS = new Set(['doc', 'pos', 'pay', 'tim', 'tip', 'tmd', 'psm', 'nvd', 'nvm'])

/**
 * An index with one field of one kind, one shard, one segment. Named after its files and kind; one that is complete is
 * used again.
 *
 * @throws LexpandError INDEX when the engine refuses a document or the field type
 */
export async function benchIndex(
  client: Client,
  kind: FieldKind,
  files: BenchFiles,
  model: Model,
): Promise<BenchIndex> {
  const name = `lexpand-bench-${kind}-${contentKey(kind === 'text' ? files.documents : files.vectors, model)}`
  const found = await existing(client, name)
  if (found !== undefined) return { name, documents: found, bytes: await postingsBytes(client, name) }
  await client.indices.delete({ index: name, ignore_unavailable: true })
  await client.indices.create({
    index: name,
    body: { settings: settings(), mappings: mappings(kind) } as object,
  })
  const startedAt = performance.now()
  const documents = await fill(client, name, kind, files)
  await client.indices.refresh({ index: name })
  await client.indices.forcemerge({ index: name, max_num_segments: 1 }, { requestTimeout: 600_000 })
  await client.indices.refresh({ index: name })
  const seconds = (performance.now() - startedAt) / 1000
  await client.indices.putMapping({
    index: name,
    body: { _meta: { ...meta(model), bench_documents: documents } },
  })
  return { name, documents, bytes: await postingsBytes(client, name), seconds }
}

function settings(): object {
  return { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' }
}

function mappings(kind: FieldKind): object {
  const properties =
    kind === 'text'
      ? { [TEXT_FIELD]: { type: 'text', analyzer: 'english' } }
      : { [SPARSE_FIELD]: { type: kind } }
  return { dynamic: false, _source: { enabled: false }, properties }
}

/**
 * What the query lexpand looks for. Put into the mapping when the documents are in: the plugin takes vectors away from
 * documents of an index of ours that it has not seen encoded.
 */
function meta(model: Model) {
  const options = { fields: [TEXT_FIELD], sparseField: SPARSE_FIELD }
  return {
    lexpand: specificationFor(model, options, fingerprint(model.identity, resolveEncoding(model, options))),
  }
}

async function existing(client: Client, name: string): Promise<number | undefined> {
  if (!(await client.indices.exists({ index: name })).body) return undefined
  const { body } = await client.indices.getMapping({ index: name })
  const marked = (body as Record<string, { mappings?: { _meta?: { bench_documents?: number } } }>)[name]
  return marked?.mappings?._meta?.bench_documents
}

async function fill(client: Client, name: string, kind: FieldKind, files: BenchFiles): Promise<number> {
  const file = kind === 'text' ? files.documents : files.vectors
  let count = 0
  let batch: string[] = []
  const send = async () => {
    if (batch.length === 0) return
    const { body } = await client.bulk({ index: name, body: `${batch.join('\n')}\n` as never })
    if (body.errors) {
      const failed = body.items.find((item) => item.index?.error)?.index?.error
      throw new LexpandError(
        'INDEX',
        `[bench] expected ${name} to take all documents, got: ${failed?.reason}. Correct ${file}.`,
      )
    }
    count += batch.length / 2
    batch = []
  }
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line === '') continue
    const { _id, text, vector } = JSON.parse(line) as { _id: string; text?: string; vector?: object }
    batch.push(JSON.stringify({ index: { _id } }))
    batch.push(JSON.stringify(kind === 'text' ? { [TEXT_FIELD]: text } : { [SPARSE_FIELD]: vector }))
    if (batch.length >= 2 * BATCH) await send()
  }
  await send()
  return count
}

/** Bytes of the inverted index of the primaries, ids with it. */
export async function postingsBytes(client: Client, name: string): Promise<number> {
  const { body } = await client.indices.stats({
    index: name,
    metric: 'segments',
    include_segment_file_sizes: true,
  } as never)
  const sizes = (
    body as {
      _all?: { primaries?: { segments?: { file_sizes?: Record<string, { size_in_bytes: number }> } } }
    }
  )._all?.primaries?.segments?.file_sizes
  return Object.entries(sizes ?? {}).reduce(
    (sum, [extension, { size_in_bytes }]) => sum + (POSTINGS.has(extension) ? size_in_bytes : 0),
    0,
  )
}

function contentKey(file: string, model: Model): string {
  const { size, mtimeMs } = statSync(file)
  return createHash('sha256')
    .update(`${file}\n${size}\n${mtimeMs}\n${model.queryTable.hash}`)
    .digest('hex')
    .slice(0, 12)
}
