import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../../mappings/sidecar.ts'
import type { Persistence } from '../../../opensearch/failures/back-off.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'
import { isBeyond } from '../../../opensearch/failures/transient.ts'
import { resultWindow } from '../../../opensearch/index-limits.ts'
import { internalSearch } from '../../../opensearch/internal-search.ts'
import { type NumberedHit, primaryOf } from '../../../opensearch/shard-changes.ts'
import { filtersOf, type PageRequest, readWholeGroups } from '../../../opensearch/whole-groups.ts'
import { patiently } from '../run/patience.ts'
import type { CopyCandidate } from './copy.ts'

export interface DifferenceRequest {
  readonly client: Client
  /** The index that documents were copied from. */
  readonly source: string
  /** Its copy: `lexpand.copied_from` names the shard and sequence number of every document's original. */
  readonly target: string
  readonly shard: number
  /** Only originals up to this sequence number are compared; both indices have to be refreshed since it was reached. */
  readonly upTo: number
  readonly persistence: Persistence
  /**
   * Result of earlier calls: ranges that have not changed since are skipped. For a caller that has handled their
   * differences and accepts the rest.
   */
  readonly settled?: Map<number, string> | undefined
}

/**
 * Finds the documents in which an index and its copy differ, deleted ones included, without reading all ids.
 *
 * The originals have sequence numbers, and the copies name such numbers: where both sides hold the same pairs (number,
 * document), the copy is complete, up to date, and without deleted documents. Counts and sums over ranges of a few
 * thousand numbers are compared first, and only ranges that differ are listed.
 *
 * @returns documents to look at; each may have become equal by now
 */
export async function* differences(request: DifferenceRequest): AsyncGenerator<CopyCandidate[]> {
  const { upTo, shard, settled } = request
  if (upTo < 0) return
  const { width, originals, copies } = await bothSums(request, MAX_RANGES)
  for (const start of new Set([...originals.keys(), ...copies.keys()])) {
    if (originals.get(start) === copies.get(start)) continue
    const found = `${originals.get(start)} ${copies.get(start)}`
    if (settled?.get(start) === found) continue
    const range = { gte: start, lte: Math.min(upTo, start + width - 1) }
    const [here, there] = await Promise.all([
      list(request, originalsOf(request), range),
      list(request, copiesOf(request), range),
    ])
    const unlike = [
      ...[...here].filter(([seqNo]) => !there.has(seqNo)),
      ...[...there].filter(([seqNo]) => !here.has(seqNo)),
    ]
    const distinct = new Map(unlike.map(([, hit]) => [JSON.stringify([hit._id, hit._routing]), hit] as const))
    if (distinct.size > 0) {
      yield [...distinct.values()].map(({ _id, _routing }) => ({ id: _id, routing: _routing, shard }))
    }
    settled?.set(start, found)
  }
}

/** Number of ranges in one comparison; the engine allows 65,535 buckets. */
const MAX_RANGES = 8_192
const LEAST_WIDTH = 64

/** One of the two sides of the comparison. */
interface Side {
  readonly index: string
  readonly preference: string
  readonly field: string
  readonly filter: readonly object[]
}

function originalsOf({ source, shard }: DifferenceRequest): Side {
  return { index: source, preference: primaryOf(shard), field: '_seq_no', filter: [] }
}

function copiesOf({ target, shard }: DifferenceRequest): Side {
  return {
    index: target,
    preference: '_primary',
    field: `${SIDECAR}.copied_from.seq_no`,
    filter: [{ term: { [`${SIDECAR}.copied_from.shard`]: { value: shard } } }],
  }
}

interface BothSums {
  readonly width: number
  readonly originals: ReadonlyMap<number, string>
  readonly copies: ReadonlyMap<number, string>
}

/** Compares in fewer ranges where the cluster's owner allows fewer buckets (`search.max_buckets`). */
async function bothSums(request: DifferenceRequest, ranges: number): Promise<BothSums> {
  const width = Math.max(LEAST_WIDTH, Math.ceil((request.upTo + 1) / ranges))
  try {
    const [originals, copies] = await Promise.all([
      sums(request, originalsOf(request), width),
      sums(request, copiesOf(request), width),
    ])
    return { width, originals, copies }
  } catch (error) {
    if (ranges === 1 || !isBeyond(error, 'search.max_buckets')) throw error
    return bothSums(request, Math.ceil(ranges / 16))
  }
}

/** @returns start of a range -> count and sum of the numbers in it; equal sets have equal ones */
async function sums(
  request: DifferenceRequest,
  { index, preference, field, filter }: Side,
  width: number,
): Promise<Map<number, string>> {
  const { upTo } = request
  const body = {
    size: 0,
    query: { bool: { filter: [...filter, { range: { [field]: { lte: upTo } } }] } },
    aggs: {
      ranges: {
        histogram: { field, interval: width, min_doc_count: 1 },
        aggs: { sum: { sum: { field } } },
      },
    },
  }
  const reply = await search(request, index, preference, body)
  const { buckets } = (reply.body.aggregations as unknown as Ranges).ranges
  return new Map(buckets.map(({ key, doc_count, sum }) => [key, `${doc_count} ${sum.value}`]))
}

interface Ranges {
  readonly ranges: {
    readonly buckets: readonly {
      readonly key: number
      readonly doc_count: number
      readonly sum: { readonly value: number }
    }[]
  }
}

/** @returns number and name -> document: a number alone names several documents where the original was shrunken */
async function list(
  request: DifferenceRequest,
  { index, preference, field, filter }: Side,
  range: { readonly gte: number; readonly lte: number },
): Promise<Map<string, NumberedHit>> {
  const { client, persistence } = request
  const size = await patiently(() => resultWindow(client, index), persistence)
  const found = new Map<string, NumberedHit>()
  const read = async (part: PageRequest) => {
    const { filter: numbers, ...without } = filtersOf(field, part)
    const body = {
      size,
      query: { bool: { filter: [...filter, ...numbers], ...without } },
      sort: [{ [field]: { order: 'asc' } }],
      _source: false,
      track_total_hits: false,
    }
    const reply = await search(request, index, preference, body)
    const hits = reply.body.hits.hits as unknown as readonly NumberedHit[]
    return { hits, isFull: hits.length === size }
  }
  for (let gte = range.gte; gte <= range.lte; ) {
    const { hits, upTo } = await readWholeGroups({ gte, lte: range.lte }, read)
    for (const hit of hits) found.set(JSON.stringify([hit.sort[0], hit._id, hit._routing]), hit)
    gte = upTo + 1
  }
  return found
}

/** Searches all shards: an answer of only some shards would hide differences. */
function search({ client, persistence }: DifferenceRequest, index: string, preference: string, body: object) {
  return patiently(
    () =>
      internalSearch(client, { index, preference, body }).catch((error: unknown) => {
        throw translateEngineError(error, { part: 'reindex', index })
      }),
    persistence,
  )
}
