import type { API, Client } from '@opensearch-project/opensearch'
import { documentText, type InstalledIndex, SIDECAR } from '../mappings/index.ts'
import { chunks, resultWindow } from '../opensearch/index-limits.ts'
import { countDocuments, internalSearch } from '../opensearch/internal-search.ts'
import type { EncodedDocument } from '../quality/corpus-vectors.ts'
import type { WordPieceTokenizer } from '../sparse/index.ts'

export interface SampleOptions {
  /** Largest number of documents, judged ones included. */
  readonly size: number
  /** Ids that are always part of the sample; those that are not in the index are left out. */
  readonly judged: Iterable<string>
  readonly tokenizer: Pick<WordPieceTokenizer, 'idOf'>
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((read: number, wanted: number) => void) | undefined
}

const PAGE = 100
const JUDGED_PAGE = 500
const KEEP_ALIVE = '5m'

/** Number of documents of an index that have a vector: the population of a sample. */
export async function countVectors(client: Client, index: string): Promise<number> {
  return countDocuments(client, { index, query: IS_READY })
}

/**
 * Reads stored vectors from all parts of an index: pages at equal distances in the order of writing, each from all
 * shards at once, at one point in time. The order of writing is that of sequence numbers, which the engine finds
 * without the walk over all documents that a random score needs.
 *
 * @returns documents, judged ones first
 */
export async function sampleVectors(
  client: Client,
  { name, specification }: InstalledIndex,
  options: SampleOptions,
): Promise<EncodedDocument[]> {
  const { size, tokenizer, signal, onProgress = () => undefined } = options
  const field = specification.sparse_field
  const found = new Map<string, EncodedDocument>()
  const take = (hits: readonly PitHit[]) => {
    for (const { _id, _source } of hits) {
      if (found.size < size && !found.has(_id))
        found.set(_id, encodedDocument(_id, _source?.[field], tokenizer))
    }
    onProgress(found.size, size)
  }
  const window = await resultWindow(client, name)
  const page = Math.min(PAGE, window)
  const judgedPage = Math.min(JUDGED_PAGE, window)
  await atOnePoint(client, name, async (search) => {
    for (const values of chunks([...options.judged], judgedPage)) {
      signal?.throwIfAborted()
      take(await search({ size: judgedPage, _source: [field], query: allOf(IS_READY, { ids: { values } }) }))
    }
    const [newest] = await search({ size: 1, _source: false, sort: [{ _seq_no: 'desc' }] })
    const end = Number(newest?.sort?.[0] ?? -1) + 1
    let blocks = blocksOf(end, Math.ceil(size / page))
    // A block from which documents have moved away is soon empty; the others then give more than one page.
    while (blocks.length > 0 && found.size < size) {
      const open: Block[] = []
      for (const block of blocks) {
        if (found.size >= size) break
        signal?.throwIfAborted()
        const hits = await search({
          size: page,
          _source: [field],
          query: allOf(IS_READY, { range: { _seq_no: { gte: block.from, lt: block.to } } }),
          // Documents of other shards with the last number of a page are skipped, which a sample allows.
          sort: [{ _seq_no: 'asc' }],
          ...(block.after === undefined ? {} : { search_after: block.after }),
        })
        take(hits)
        if (hits.length === page) open.push({ ...block, after: hits.at(-1)?.sort })
      }
      blocks = open
    }
  })
  return [...found.values()]
}

/** Texts of the first field with text, for the named documents; blank ones are left out. */
export async function firstTexts(
  client: Client,
  { name, specification }: InstalledIndex,
  ids: readonly string[],
): Promise<string[]> {
  const texts: string[] = []
  const size = Math.min(PAGE, await resultWindow(client, name))
  for (const values of chunks(ids, size)) {
    const { body } = await internalSearch(client, {
      index: name,
      body: { size, _source: [...specification.fields], query: { ids: { values } } },
    })
    for (const { _source } of body.hits.hits) {
      const text = specification.fields
        .map((field) => documentText(_source, [field]))
        .find((found) => 'text' in found && found.text !== '')
      if (text !== undefined && 'text' in text) texts.push(text.text)
    }
  }
  return texts
}

/** Divides the sequence numbers 0 to end into equal parts. */
export function blocksOf(end: number, count: number): Block[] {
  const width = Math.max(1, Math.ceil(end / count))
  return Array.from({ length: Math.ceil(end / width) }, (_, at) => ({
    from: at * width,
    to: Math.min(end, (at + 1) * width),
  }))
}

/** A stored vector in the form of the encoder, heaviest first. Pieces that the vocabulary lacks are left out. */
export function encodedDocument(
  id: string,
  vector: unknown,
  tokenizer: Pick<WordPieceTokenizer, 'idOf'>,
): EncodedDocument {
  const weights = Object.entries((vector ?? {}) as Record<string, number>)
    .flatMap(([piece, weight]) => {
      const tokenId = tokenizer.idOf(piece)
      return tokenId === undefined ? [] : [{ tokenId, weight: Number(weight) }]
    })
    .sort((a, b) => b.weight - a.weight || a.tokenId - b.tokenId)
  return {
    id,
    tokenIds: weights.map(({ tokenId }) => tokenId),
    weights: weights.map(({ weight }) => weight),
  }
}

interface Block {
  readonly from: number
  readonly to: number
  readonly after?: readonly unknown[] | undefined
}

interface PitHit {
  readonly _id: string
  readonly _source?: Readonly<Record<string, unknown>> | undefined
  readonly sort?: readonly unknown[] | undefined
}

const IS_READY = { term: { [`${SIDECAR}.state`]: 'ready' } }

function allOf(...filter: readonly object[]): object {
  return { bool: { filter } }
}

type PitSearch = (body: object) => Promise<readonly PitHit[]>

async function atOnePoint(client: Client, index: string, use: (search: PitSearch) => Promise<void>) {
  const opened = await client.createPit({ index: [index], keep_alive: KEEP_ALIVE })
  const id = opened.body.pit_id ?? ''
  try {
    await use(async (body) => {
      const whole = { track_total_hits: false, pit: { id, keep_alive: KEEP_ALIVE }, ...body }
      const reply = await internalSearch(client, { body: whole as API.Search_RequestBody })
      return reply.body.hits.hits as readonly object[] as readonly PitHit[]
    })
  } finally {
    await client.deletePit({ body: { pit_id: [id] } }).catch(() => undefined)
  }
}
