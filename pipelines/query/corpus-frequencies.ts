import { createHash } from 'node:crypto'
import type { Client } from '@opensearch-project/opensearch'
import {
  type EngineFailure,
  SIDECAR,
  tokenClause,
  translateEngineFailure,
  type VectorType,
} from '../../mappings/index.ts'
import { internalSearches } from '../../opensearch/internal-search.ts'
import type { QueryToken } from '../../sparse/query/encode-query.ts'
import { type CorpusFrequencies, type QueryIdf, weightByCorpus } from './corpus-idf.ts'
import type { QueryClause } from './query-builder.ts'

/** Number of word pieces whose frequencies a cache keeps; a vocabulary has about 30,000. */
export const LARGEST_FREQUENCY_CACHE = 100_000

interface Counted {
  readonly at: number
  /** The promise is kept instead of its value: simultaneous queries count a piece once. */
  readonly count: Promise<number>
}

/**
 * Document frequencies as the engine counts them, remembered for a while: a corpus changes slowly, and a frequency that
 * is some minutes old hardly moves a weight. Counts in the second half of their lifetime are renewed while searches
 * continue with them, so that searches of an index in use wait for them only once. The cache is bounded: the oldest
 * counts are dropped first.
 */
export class FrequencyCache {
  readonly #lifetimeMs: number
  readonly #capacity: number
  readonly #counts = new Map<string, Counted>()
  readonly #renewing = new Set<string>()

  /**
   * @param lifetimeMs age in milliseconds from which a count is no longer used
   * @default 600,000
   * @param capacity number of counts kept, at least 1
   */
  constructor(lifetimeMs = 600_000, capacity = LARGEST_FREQUENCY_CACHE) {
    this.#lifetimeMs = lifetimeMs
    this.#capacity = capacity
  }

  /** @param pieces distinct word pieces without dots */
  async frequencies(
    client: Client,
    sparse: SparseField,
    pieces: readonly string[],
  ): Promise<CorpusFrequencies> {
    const asked = [...pieces, undefined].map((piece) => ({ piece, name: key(sparse, piece) }))
    const now = performance.now()
    const age = ({ name }: Asked) => now - (this.#counts.get(name)?.at ?? Number.NEGATIVE_INFINITY)
    const missing = asked.filter((one) => age(one) >= this.#lifetimeMs)
    const old = asked.filter(
      (one) =>
        age(one) < this.#lifetimeMs && age(one) >= this.#lifetimeMs / 2 && !this.#renewing.has(one.name),
    )
    // Read before the new ones displace them.
    const known = asked.map(({ name }) => this.#counts.get(name)?.count)
    const counted = missing.length > 0 ? this.#count(client, sparse, missing, now) : new Map()
    if (old.length > 0) this.#renew(client, sparse, old, now)
    const counts = await Promise.all(asked.map(({ name }, at) => counted.get(name) ?? known[at] ?? 0))
    return {
      documents: counts.at(-1) ?? 0,
      frequencies: new Map(pieces.map((piece, at) => [piece, counts[at] ?? 0])),
    }
  }

  /** Simultaneous searches wait for the same counts; a failure reaches all of them and is not remembered. */
  #count(client: Client, sparse: SparseField, asked: readonly Asked[], at: number) {
    const counted = new Map<string, Promise<number>>()
    const all = countAll(
      client,
      sparse.index,
      asked.map(({ piece }) => queryOf(sparse, piece)),
    )
    for (const [place, { name }] of asked.entries()) {
      const entry = { at, count: all.then((counts) => counts[place] ?? 0) }
      entry.count.catch(() => {
        if (this.#counts.get(name) === entry) this.#counts.delete(name)
      })
      this.#remember(name, entry)
      counted.set(name, entry.count)
    }
    return counted
  }

  /** Renews counts behind the searches. A failure is ignored here; the search that finds its counts too old counts again. */
  #renew(client: Client, sparse: SparseField, asked: readonly Asked[], at: number): void {
    for (const { name } of asked) this.#renewing.add(name)
    const queries = asked.map(({ piece }) => queryOf(sparse, piece))
    void countAll(client, sparse.index, queries)
      .then((counts) => {
        for (const [place, { name }] of asked.entries()) {
          this.#remember(name, { at, count: Promise.resolve(counts[place] ?? 0) })
        }
      })
      .catch(() => {})
      .finally(() => {
        for (const { name } of asked) this.#renewing.delete(name)
      })
  }

  /** A Map keeps the order of insertion: its first entry is the oldest count. */
  #remember(name: string, counted: Counted): void {
    this.#counts.delete(name)
    this.#counts.set(name, counted)
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= this.#capacity) break
      this.#counts.delete(oldest)
    }
  }
}

interface Asked {
  /** undefined: all documents with a vector. */
  readonly piece: string | undefined
  readonly name: string
}

/** Names a sparse field and the indices that have it. */
export interface SparseField {
  /** Concrete indices or aliases, separated by commas; counts are kept by this name and the field. */
  readonly index: string
  readonly field: string
  /** Decides how documents are counted: `rank_feature` on a field of another type finds nothing and gives no error. */
  readonly vectorType: VectorType
  /** Only documents that match count. @default all */
  readonly within?: readonly QueryClause[] | undefined
}

/**
 * The weights of a query: those of the tokens, or weights by the index that is searched.
 *
 * @param tokens tokens with the weights of the model's table
 * @param count returns the frequencies of pieces in the sparse field that is searched
 */
export async function weightTokens(
  tokens: readonly QueryToken[],
  idf: QueryIdf,
  count: (pieces: readonly string[]) => Promise<CorpusFrequencies>,
): Promise<readonly QueryToken[]> {
  if (idf === 'model' || tokens.length === 0) return tokens
  return weightByCorpus(tokens, idf, await count(tokens.map(({ token }) => token)))
}

/** Neither index names nor fields contain a line break. */
function key({ index, field, within }: SparseField, piece: string | undefined): string {
  const scope =
    within === undefined ? [] : [createHash('sha256').update(JSON.stringify(within)).digest('hex')]
  return [index, field, ...(piece === undefined ? [] : [piece]), '', ...scope].join('\n')
}

/**
 * Query for the documents with a piece; without a piece, for all documents with a vector. These are counted by the
 * sidecar, since `rank_features` has no `exists`.
 */
function queryOf({ field, vectorType, within }: SparseField, piece: string | undefined): object {
  const query =
    piece === undefined ? { term: { [`${SIDECAR}.state`]: 'ready' } } : tokenClause(vectorType, field, piece)
  return within === undefined ? query : { bool: { filter: [query, ...within] } }
}

/** Counts everything in one request, as of the last refresh, like any search. */
async function countAll(client: Client, index: string, queries: readonly object[]): Promise<number[]> {
  const bodies = queries.map((query) => ({ size: 0, track_total_hits: true, query }))
  const reply = await internalSearches(client, index, bodies)
  return reply.body.responses.map((response) => {
    const { error, status, hits } = response as Partial<{ error: EngineFailure; status: number; hits: Hits }>
    if (error !== undefined) throw translateEngineFailure(error, status, { part: 'search', index })
    return typeof hits?.total === 'number' ? hits.total : (hits?.total?.value ?? 0)
  })
}

interface Hits {
  readonly total?: number | { readonly value: number } | undefined
}
