import type { API, Client } from '@opensearch-project/opensearch'
import type { InstalledIndex } from '../../mappings/compatibility.ts'
import { SIDECAR } from '../../mappings/sidecar.ts'
import { documentText } from '../../mappings/text/document-text.ts'
import { textHash } from '../../mappings/text/text-hash.ts'
import { hasMark, markClause } from '../../mappings/vectors/vector-mark.ts'
import { type Persistence, persist } from '../../opensearch/failures/back-off.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import { isTransient } from '../../opensearch/failures/transient.ts'
import { type IndexLimits, indexLimits } from '../../opensearch/index-limits.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import { filtersOf, type PageRequest, readWholeGroups } from '../../opensearch/whole-groups.ts'
import { LexpandError } from '../../sparse/errors.ts'
import {
  byCharacters,
  charactersOf,
  FIRST_PAGE,
  type InlineText,
  type InlineTextHit,
  inlineHash,
  inlineTextParams,
  inlineTextRequest,
  inlineTextScript,
  MAX_PAGE,
  nextSize,
  withSeen,
} from '../documents/inline-text.ts'
import type { AuditedDocument } from './audit-verdict.ts'

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once, before the first page, with the number of documents. */
  readonly onTotal: (documents: number) => void
  /** Called with every page; the next page of that slice waits for it. */
  readonly onPage: (documents: readonly AuditedDocument[]) => Promise<void>
}

const KEEP_ALIVE = '5m'
/**
 * Number of slices read at the same time, never more than there are shards: a slice is then a set of shards and costs
 * nothing. With several slices in a shard, each page of a slice looks at all documents of the shard again (measured:
 * two slices took twice as long).
 */
const MAX_SLICES = 4
/** Longest time that the engine may be busy or away. */
const PATIENCE: Persistence = { giveUpAfterMs: 120_000 }

/**
 * Reads what an audit needs of every document of an index, as it was when the scan began (point in time). At most one
 * page of each slice is in memory, which therefore does not grow with the index.
 *
 * @returns number of documents read
 * @throws LexpandError SERVICE when the engine stays away or does not return every document
 */
export async function scanDocuments(
  client: Client,
  target: InstalledIndex,
  options: ScanOptions,
): Promise<number> {
  const scan: Scan = { client, target, options }
  try {
    const opened = await client.createPit({ index: [target.name], keep_alive: KEEP_ALIVE })
    const pit = opened.body.pit_id as string
    try {
      const { total, shards } = await measureIndex(scan, pit)
      const limits = await indexLimits(client, target.name)
      options.onTotal(total)
      const slices = Math.min(shards, MAX_SLICES)
      const ids = Array.from({ length: slices }, (_, id) => id)
      const read = await Promise.all(ids.map((id) => scanSlice(scan, { pit, limits }, id, slices)))
      const documents = read.reduce((sum, part) => sum + part, 0)
      if (documents === total || options.signal?.aborted) return documents
      throw new LexpandError(
        'SERVICE',
        `[audit] expected ${total} documents of ${target.name}, got ${documents}. Run it again when the cluster is green.`,
      )
    } finally {
      // The point in time expires by itself; a failure to end it early must not hide the error that ended the scan.
      await client.deletePit({ body: { pit_id: [pit] } }).catch(() => {})
    }
  } catch (error) {
    throw translateEngineError(error, { part: 'audit', index: target.name })
  }
}

/** A point in time, and what one search of it may ask for. */
interface View {
  readonly pit: string
  readonly limits: IndexLimits
}

interface Scan {
  readonly client: Client
  readonly target: InstalledIndex
  readonly options: ScanOptions
}

async function scanSlice(scan: Scan, view: View, slice: number, slices: number): Promise<number> {
  const { signal, onPage } = scan.options
  let read = 0
  const { pit, limits } = view
  const { resultWindow } = limits
  const script = { source: SCRIPT, params: paramsOf(scan.target) }
  const parts = [SIDECAR, scan.target.specification.sparse_field]
  let size = Math.min(FIRST_PAGE, resultWindow)
  const readPage = async (request: PageRequest) => {
    const asked = size
    const page = await search(scan, {
      size: asked,
      query: { bool: { ...filtersOf('_seq_no', request), ...markOf(scan.target) } },
      pit: { id: pit, keep_alive: KEEP_ALIVE },
      ...(slices > 1 ? { slice: { id: slice, max: slices } } : {}),
      ...PAGE,
      ...inlineTextRequest(limits, script, parts),
    })
    const found = page.hits.hits as unknown as readonly Hit[]
    const hits = found.map((hit) => withSeen(hit, (source) => seenInSource(scan.target, source)))
    size = Math.min(resultWindow, nextSize(size, page.took))
    return { hits, isFull: hits.length === asked }
  }
  for (let after = -1, isLast = false; !isLast && signal?.aborted !== true; ) {
    const range = { gte: after + 1, lte: Number.MAX_SAFE_INTEGER }
    const page = await readWholeGroups(range, readPage)
    const { hits } = page
    const long = hits.filter((hit) => 'long' in hit.fields.seen[0])
    const measured = await readLong(scan, view, long)
    await onPage(hits.map((hit) => audited(hit, measured)))
    read += hits.length
    after = page.upTo
    isLast = page.isLast
  }
  return read
}

/**
 * The order is by sequence number, which documents of different shards of a slice may share; `_shard_doc` is unique,
 * but not known before 3.3.
 */
const PAGE = {
  sort: [{ _seq_no: 'asc' }],
  _source: false,
  seq_no_primary_term: true,
  track_total_hits: false,
}

async function measureIndex(scan: Scan, pit: string): Promise<{ total: number; shards: number }> {
  const reply = await search(scan, {
    size: 0,
    pit: { id: pit, keep_alive: KEEP_ALIVE },
    track_total_hits: true,
  })
  const { total } = reply.hits
  return {
    total: typeof total === 'number' ? total : (total?.value ?? 0),
    shards: reply._shards.total,
  }
}

/** Repeats a transient failure, since reading twice is harmless; a missing shard is an error, not a smaller answer. */
async function search({ client, target, options }: Scan, body: object): Promise<API.Search_ResponseBody> {
  let found: API.Search_ResponseBody | undefined
  let last: unknown
  await persist(
    async () => {
      try {
        const reply = await internalSearch(client, {
          body: body as API.Search_RequestBody,
        })
        found = reply.body
        return undefined
      } catch (error) {
        if (!isTransient(error)) throw error
        last = error
        return translateEngineError(error, { part: 'audit', index: target.name }).message
      }
    },
    { ...PATIENCE, signal: options.signal },
  )
  if (found === undefined) throw last
  return found
}

/** Hashes and lengths in bytes of the texts that were too long for their page. */
async function readLong(
  scan: Scan,
  { pit, limits }: View,
  long: readonly Hit[],
): Promise<Map<string, Measured>> {
  const { fields } = scan.target.specification
  const measured = new Map<string, Measured>()
  for (const part of byCharacters(long, charactersOf)) {
    const reply = await search(scan, {
      ...PAGE,
      // The same id may exist once for each routing value.
      size: Math.min(MAX_PAGE, limits.resultWindow),
      pit: { id: pit, keep_alive: KEEP_ALIVE },
      query: { ids: { values: part.map(({ _id }) => _id) } },
      _source: [...fields],
    })
    for (const hit of reply.hits.hits as unknown as readonly SourceHit[]) {
      const text = documentText(hit._source, fields)
      measured.set(keyOf(hit), {
        hash: textHash(hit._source, fields),
        textBytes: 'text' in text ? Buffer.byteLength(text.text) : 0,
      })
    }
  }
  return measured
}

interface Measured {
  readonly hash: string
  readonly textBytes: number
}

function audited(hit: Hit, long: ReadonlyMap<string, Measured>): AuditedDocument {
  const seen = hit.fields.seen[0]
  return {
    id: hit._id,
    routing: hit._routing,
    seqNo: hit._seq_no,
    primaryTerm: hit._primary_term,
    sidecar: (seen.sidecar ?? {}) as AuditedDocument['sidecar'],
    // Where the source does not keep vectors, their mark tells whether one is there.
    vectorSize: seen.vector ?? (hasMark(hit) ? 1 : -1),
    ...measure(hit, seen, long),
  }
}

function measure(hit: Hit, seen: Seen, long: ReadonlyMap<string, Measured>): Measured {
  const hash = inlineHash(seen)
  if (hash !== undefined) return { hash, textBytes: 'text' in seen ? Buffer.byteLength(seen.text.trim()) : 0 }
  const found = long.get(keyOf(hit))
  if (found !== undefined) return found
  throw new LexpandError(
    'SERVICE',
    `[audit] expected the text of document ${JSON.stringify(hit._id)}, got none. Run it again.`,
  )
}

/** Key of a document; its position in a point in time does not change. */
function keyOf({ _id, _routing }: { readonly _id: string; readonly _routing?: string }): string {
  return JSON.stringify([_id, _routing])
}

/** Asks for the mark of each document's vector where the source does not keep vectors. */
function markOf({ specification, vectorsInSource, vectorType }: InstalledIndex) {
  if (vectorsInSource) return {}
  const should = [markClause(vectorType, specification.sparse_field)]
  return { should }
}

function paramsOf({ specification, vectorsInSource }: InstalledIndex) {
  return {
    ...inlineTextParams(specification),
    sidecar: SIDECAR,
    sparse_field: vectorsInSource ? specification.sparse_field : null,
  }
}

const SCRIPT = inlineTextScript(`
def sidecar = source.get(params.sidecar);
if (sidecar instanceof Map) seen.sidecar = sidecar;
if (params.sparse_field != null) {
  def vector = source.get(params.sparse_field);
  seen.vector = vector instanceof Map ? vector.size() : -1;
}`)

/** The values that the script would return for sidecar and vector. */
function seenInSource(
  { specification, vectorsInSource }: InstalledIndex,
  source: Readonly<Record<string, unknown>>,
): object {
  const { [SIDECAR]: sidecar, [specification.sparse_field]: vector } = source
  return {
    sidecar: isObject(sidecar) ? sidecar : undefined,
    ...(vectorsInSource ? { vector: isObject(vector) ? Object.keys(vector).length : -1 } : {}),
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Seen = {
  readonly sidecar?: object | undefined
  readonly vector?: number | undefined
} & InlineText

interface SourceHit {
  readonly _id: string
  readonly _routing?: string | undefined
  readonly _source: unknown
}

type Hit = InlineTextHit<Seen>
