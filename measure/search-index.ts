import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { specificationFor } from '../mappings/index.ts'
import type { Model } from '../models/index.ts'
import { LexpandError } from '../sparse/errors.ts'
import { contentKey } from './content-key.ts'
import { type BenchDocument, type BenchFiles, benchDocuments } from './search-documents.ts'
import { type FieldKind, HUNDREDTH_FIELD, SPARSE_FIELD, TEXT_FIELD } from './search-variants.ts'

export interface BenchIndex {
  readonly name: string
  readonly documents: number
  /** Mean number of word pieces of a document's vector; 0 for an index of texts alone. */
  readonly tokensPerDocument: number
  /** Bytes of postings, term dictionary, positions and norms, including those of the ids: what a search of the one segment reads. */
  readonly bytes: number
  /** Bytes of all files, including the sources where the kind keeps them. */
  readonly storeBytes: number
  /** Seconds; absent when the index existed already. */
  readonly seconds?: {
    /** Time for sending and refresh. */
    readonly fill: number
    /** Time for the merge into one segment. */
    readonly merge: number
  }
  /** A copy of the same documents as they were after filling. */
  readonly unmerged?: { readonly name: string; readonly segments: number } | undefined
}

export interface BenchCorpus {
  readonly files: BenchFiles
  /** Its tokenizer names the word pieces, and its query table weights them. */
  readonly model: Model
}

export interface BenchIndexOptions {
  /** Number of documents, from the first on. @default all */
  readonly take?: number | undefined
  /** Whether to keep a copy of the segments from before the merge; an index without one is filled again. @default false */
  readonly unmerged?: boolean | undefined
  /** Primary shards, each merged into one segment. @default 1 */
  readonly shards?: number | undefined
}

/** Documents of a bulk request, and requests in flight: two threads of the engine always have work. */
const BATCH = 500
const IN_FLIGHT = 3
/** Extensions of Lucene's files that belong to the inverted index. */
const POSTINGS = new Set(['doc', 'pos', 'pay', 'tim', 'tip', 'tmd', 'psm', 'nvd', 'nvm'])
const MERGE_TIMEOUT_MS = 900_000

/**
 * Makes an index with the fields of one kind, one shard, one segment. It is named after its files and kind; a complete
 * one is used again.
 *
 * @throws LexpandError INDEX when the engine refuses a document or the field type; INPUT for files that do not fit
 */
export async function benchIndex(
  client: Client,
  kind: FieldKind,
  { files, model }: BenchCorpus,
  { take = Number.POSITIVE_INFINITY, unmerged = false, shards = 1 }: BenchIndexOptions = {},
): Promise<BenchIndex> {
  const key = contentKey(filesOf(kind, files), take, model.queryTable.hash, HUNDREDTH_FIELD)
  const name = `lexpand-bench-${kind}-${shards === 1 ? '' : `${shards}-`}${key}`
  const copy = `${name}-unmerged`
  const found = await existing(client, name)
  if (found !== undefined && (!unmerged || (await client.indices.exists({ index: copy })).body))
    return { name, ...found, ...(await look(client, name, unmerged ? copy : undefined)) }
  await client.indices.delete({ index: [name, copy], ignore_unavailable: true })
  await client.indices.create({
    index: name,
    body: { settings: settings(kind, shards), mappings: mappings(kind) } as object,
  })
  const startedAt = performance.now()
  const filled = await fill(client, name, benchDocuments(kind, files, model.tokenizer, take))
  await client.indices.refresh({ index: name }, { requestTimeout: MERGE_TIMEOUT_MS })
  const filledAt = performance.now()
  await client.indices.putMapping({ index: name, body: { _meta: meta(model) } })
  if (unmerged) await copyUnmerged(client, name, copy)
  await client.indices.forcemerge(
    { index: name, max_num_segments: 1 },
    { requestTimeout: MERGE_TIMEOUT_MS, maxRetries: 0 },
  )
  await client.indices.refresh({ index: name })
  const seconds = { fill: (filledAt - startedAt) / 1000, merge: (performance.now() - filledAt) / 1000 }
  // Written last: an index with this mark is whole and merged, and so is its copy, if any.
  await client.indices.putMapping({ index: name, body: { _meta: { ...meta(model), bench: filled } } })
  return { name, ...filled, ...(await look(client, name, unmerged ? copy : undefined)), seconds }
}

function settings(kind: FieldKind, shards: number): object {
  return {
    number_of_shards: shards,
    number_of_replicas: 0,
    refresh_interval: '-1',
    // A lost index is made anew, so its log need not be durable.
    'translog.durability': 'async',
    ...(kind === 'sparse_vector' ? { sparse: true } : {}),
  }
}

function mappings(kind: FieldKind): object {
  const text = { [TEXT_FIELD]: { type: 'text', analyzer: 'english' } }
  const sparse = { [SPARSE_FIELD]: SPARSE_MAPPINGS[kind] }
  return {
    dynamic: false,
    // An index of both is built as users build theirs.
    _source: { enabled: kind === 'both' },
    properties: {
      // A number has no posting lists, so the sizes of the other fields stay comparable.
      [HUNDREDTH_FIELD]: { type: 'byte' },
      ...(kind === 'text' || kind === 'both' ? text : {}),
      ...(kind === 'text' ? {} : sparse),
    },
  }
}

const SPARSE_MAPPINGS: Readonly<Record<FieldKind, object>> = {
  text: {},
  both: { type: 'rank_features' },
  rank_features: { type: 'rank_features' },
  lexpand_impacts: { type: 'lexpand_impacts' },
  sparse_vector: {
    type: 'sparse_vector',
    // Defaults of the peer, except the size from which a segment is clustered.
    method: { name: 'seismic', parameters: { approximate_threshold: 1 } },
  },
}

/**
 * The `_meta` that the query lexpand reads. It is put into the mapping after the documents: the plugin removes vectors
 * from documents of an index of Lexpand's that it has not seen encoded.
 */
function meta(model: Model) {
  const options = { fields: [TEXT_FIELD], sparseField: SPARSE_FIELD }
  return {
    lexpand: specificationFor(model, options),
  }
}

interface Filled {
  readonly documents: number
  readonly tokensPerDocument: number
}

/** @returns undefined when there is no index, or its run ended before the merge did */
async function existing(client: Client, name: string): Promise<Filled | undefined> {
  if (!(await client.indices.exists({ index: name })).body) return undefined
  const { body } = await client.indices.getMapping({ index: name })
  return (body as Record<string, { mappings?: { _meta?: { bench?: Filled } } }>)[name]?.mappings?._meta?.bench
}

async function fill(client: Client, name: string, documents: AsyncIterable<BenchDocument>): Promise<Filled> {
  let [count, tokens] = [0, 0]
  let batch: string[] = []
  const inFlight = new Set<Promise<void>>()
  const failures: unknown[] = []
  const send = async () => {
    if (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight)
    if (failures.length > 0) throw failures[0]
    const sent = bulk(client, name, batch)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => inFlight.delete(sent))
    inFlight.add(sent)
    batch = []
  }
  for await (const { id, source, tokens: own } of documents) {
    batch.push(JSON.stringify({ index: { _id: id } }), source)
    count++
    tokens += own
    if (batch.length >= 2 * BATCH) await send()
  }
  if (batch.length > 0) await send()
  await Promise.all(inFlight)
  if (failures.length > 0) throw failures[0]
  return { documents: count, tokensPerDocument: count === 0 ? 0 : tokens / count }
}

async function bulk(client: Client, index: string, lines: readonly string[]): Promise<void> {
  const { body } = await client.bulk({ index, body: `${lines.join('\n')}\n` as never })
  if (!body.errors) return
  const failed = body.items.find((item) => item.index?.error)?.index?.error
  throw new LexpandError(
    'INDEX',
    `[bench] expected ${index} to take all documents, got: ${failed?.reason}. Correct the files.`,
  )
}

/** Makes hard links to the same segments, when no merge is under way any more. */
async function copyUnmerged(client: Client, name: string, copy: string): Promise<void> {
  const until = performance.now() + MERGE_TIMEOUT_MS
  while ((await merges(client, name)) > 0 && performance.now() < until) await sleep(200)
  await client.indices.flush({ index: name, wait_if_ongoing: true }, { requestTimeout: MERGE_TIMEOUT_MS })
  await client.indices.putSettings({ index: name, body: { 'index.blocks.write': true } as object })
  await client.indices.clone({
    index: name,
    target: copy,
    wait_for_active_shards: '1',
    body: { settings: { 'index.blocks.write': null, 'index.number_of_replicas': 0 } as object },
  })
  await client.indices.putSettings({ index: name, body: { 'index.blocks.write': null } as object })
  await client.cluster.health({ index: copy, wait_for_status: 'green', timeout: '120s' })
}

interface IndexStats {
  readonly store?: { readonly size_in_bytes: number } | undefined
  readonly merges?: { readonly current: number } | undefined
  readonly segments?: {
    readonly count: number
    readonly file_sizes?: Record<string, { size_in_bytes: number }> | undefined
  }
}

async function stats(client: Client, index: string): Promise<IndexStats> {
  const { body } = await client.indices.stats({
    index,
    metric: 'segments,store,merge',
    include_segment_file_sizes: true,
  } as never)
  return (body as { _all?: { primaries?: IndexStats } })._all?.primaries ?? {}
}

async function merges(client: Client, index: string): Promise<number> {
  return (await stats(client, index)).merges?.current ?? 0
}

/** Bytes of the inverted index of the primaries, including the ids. */
export async function postingsBytes(client: Client, name: string): Promise<number> {
  const { segments } = await stats(client, name)
  return Object.entries(segments?.file_sizes ?? {}).reduce(
    (sum, [extension, { size_in_bytes }]) => sum + (POSTINGS.has(extension) ? size_in_bytes : 0),
    0,
  )
}

async function look(
  client: Client,
  name: string,
  copy: string | undefined,
): Promise<Pick<BenchIndex, 'bytes' | 'storeBytes' | 'unmerged'>> {
  return {
    bytes: await postingsBytes(client, name),
    storeBytes: (await stats(client, name)).store?.size_in_bytes ?? 0,
    ...(copy === undefined
      ? {}
      : { unmerged: { name: copy, segments: (await stats(client, copy)).segments?.count ?? 0 } }),
  }
}

function filesOf(kind: FieldKind, { documents, vectors }: BenchFiles): string[] {
  if (kind === 'both') return [vectors, documents]
  return [kind === 'text' ? documents : vectors]
}
