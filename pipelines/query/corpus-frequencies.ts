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

/** Pieces whose frequencies are kept for each cache; a vocabulary has about 30,000. */
export const LARGEST_FREQUENCY_CACHE = 100_000

interface Counted {
  readonly at: number
  readonly count: number
}

/**
 * Document frequencies as the engine counts them, remembered for a while: a corpus changes slowly, and a frequency that
 * is some minutes old moves a weight by next to nothing. Bounded: the oldest counts leave first.
 */
export class FrequencyCache {
  readonly #lifetimeMs: number
  readonly #capacity: number
  readonly #counts = new Map<string, Counted>()

  /**
   * @param lifetimeMs age at which a piece is counted anew. @default 300,000
   * @param capacity counts kept, at least 1
   */
  constructor(lifetimeMs = 300_000, capacity = LARGEST_FREQUENCY_CACHE) {
    this.#lifetimeMs = lifetimeMs
    this.#capacity = capacity
  }

  /** @param pieces distinct word pieces without dots */
  async frequencies(
    client: Client,
    sparse: SparseField,
    pieces: readonly string[],
  ): Promise<CorpusFrequencies> {
    const { index, field } = sparse
    const keys = [...pieces.map((piece) => key(index, field, piece)), key(index, field, undefined)]
    const now = performance.now()
    const counts = keys.map((name) => this.#fresh(name, now))
    const missing = keys.flatMap((_, at) => (counts[at] === undefined ? [at] : []))
    if (missing.length > 0) {
      const queries = missing.map((at) => queryOf(sparse, pieces[at]))
      const counted = await countAll(client, index, queries)
      for (const [place, at] of missing.entries()) {
        const count = counted[place] ?? 0
        counts[at] = count
        this.#remember(keys[at] ?? '', { at: now, count })
      }
    }
    return {
      documents: counts[pieces.length] ?? 0,
      frequencies: new Map(pieces.map((piece, at) => [piece, counts[at] ?? 0])),
    }
  }

  #fresh(name: string, now: number): number | undefined {
    const known = this.#counts.get(name)
    return known !== undefined && now - known.at < this.#lifetimeMs ? known.count : undefined
  }

  /** A Map keeps its order of insertion: what is first was counted longest ago. */
  #remember(name: string, counted: Counted): void {
    this.#counts.delete(name)
    this.#counts.set(name, counted)
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= this.#capacity) break
      this.#counts.delete(oldest)
    }
  }
}

/** Where a sparse field is. */
export interface SparseField {
  /** Concrete index or alias; counts are kept by this name and the field. */
  readonly index: string
  readonly field: string
  /** Decides how it is counted: `rank_feature` on a field of another type finds nothing, without an error. */
  readonly vectorType: VectorType
}

/**
 * The weights that a query asks for: the tokens as they are, or weighted by the index they are about to search.
 *
 * @param tokens of the model's table
 */
export async function weightTokens(
  client: Client,
  cache: Pick<FrequencyCache, 'frequencies'>,
  field: SparseField,
  tokens: readonly QueryToken[],
  idf: QueryIdf,
): Promise<readonly QueryToken[]> {
  if (idf === 'model' || tokens.length === 0) return tokens
  const pieces = tokens.map(({ token }) => token)
  return weightByCorpus(tokens, idf, await cache.frequencies(client, field, pieces))
}

/** Neither index names nor fields contain a line break. */
function key(index: string, field: string, piece: string | undefined): string {
  return piece === undefined ? `${index}\n${field}` : `${index}\n${field}\n${piece}`
}

/** All documents with a vector for no piece: `rank_features` has no `exists`, the sidecar knows. */
function queryOf({ field, vectorType }: SparseField, piece: string | undefined): object {
  return piece === undefined
    ? { term: { [`${SIDECAR}.state`]: 'ready' } }
    : tokenClause(vectorType, field, piece)
}

/** One request for all. Counts what is refreshed, as any search does. */
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
