import { percentile } from '../../measure/latency.ts'
import type { Machine } from '../../measure/machine.ts'
import type { SearchSpeed } from '../../measure/search-speed.ts'
import type { BenchQuery } from '../../measure/search-variants.ts'
import type { ClientOverhead } from './client-overhead.ts'

/** Output of `lexpand bench search --json`. */
export interface BenchSearchResult {
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly model: string
  readonly documents: number
  /** Mean number of word pieces of a document's vector. */
  readonly document_tokens: number
  readonly queries: number
  /** Mean number of distinct word pieces of a query. */
  readonly query_tokens: number
  readonly rounds: number
  /** One client, one segment, hits not counted. */
  readonly variants: Readonly<Record<string, MeasuredVariant>>
  /** The same with `track_total_hits` at the engine's default. */
  readonly counted?: Readonly<Record<string, SearchSpeed>> | undefined
  /** The same over the segments that existed after filling. */
  readonly unmerged?: {
    readonly segments: Readonly<Record<string, number>>
    readonly variants: Readonly<Record<string, SearchSpeed>>
  }
  /** Like `variants`, with several clients at once. */
  readonly load?:
    | { readonly clients: number; readonly variants: Readonly<Record<string, SearchSpeed>> }
    | undefined
  /** Like `variants`, beside a filter; without variants that fuse two lists. */
  readonly filtered?: readonly FilteredSpeeds[] | undefined
  readonly client_overhead: ClientOverhead
  /** Bytes of the inverted index, by field kind. */
  readonly index_bytes: Readonly<Record<string, number>>
  /** Bytes of all files; only `both` keeps the sources. */
  readonly store_bytes: Readonly<Record<string, number>>
  /** Seconds of filling and merging; only for indices that this run filled. */
  readonly index_seconds: Readonly<Record<string, number>>
  /** Seconds of filling alone. */
  readonly fill_seconds: Readonly<Record<string, number>>
  /** Variants that the server cannot run, with its reason. */
  readonly missing: Readonly<Record<string, string>>
}

export interface MeasuredVariant extends SearchSpeed {
  /** Share of rank_feature's hits, 0 to 1. */
  readonly overlap?: number | undefined
  /** Times by number of distinct word pieces of the query. */
  readonly by_query_tokens: readonly LengthSpeed[]
}

export interface FilteredSpeeds {
  /** Hundredths of the documents that the filter lets through. */
  readonly passing: number
  /** The overlap is with rank_feature's hits beside the same filter. */
  readonly variants: Readonly<Record<string, SearchSpeed & { readonly overlap?: number }>>
}

export interface LengthSpeed {
  readonly tokens: number
  readonly queries: number
  readonly p50_ms: number
}

/** Smallest number of queries of a length with a meaningful median. */
const LEAST_QUERIES = 10

/** Median time by number of word pieces, ascending; lengths with fewer than ten queries are left out. */
export function byQueryTokens(
  queries: readonly Pick<BenchQuery, 'tokens'>[],
  times: readonly (readonly number[])[],
): LengthSpeed[] {
  const byLength = Map.groupBy(times.keys(), (query) => queries[query]?.tokens.length ?? 0)
  return [...byLength]
    .filter(([, ofLength]) => ofLength.length >= LEAST_QUERIES)
    .map(([tokens, ofLength]) => ({
      tokens,
      queries: ofLength.length,
      p50_ms: percentile(
        ofLength.flatMap((query) => times[query] ?? []),
        50,
      ),
    }))
    .sort((a, b) => a.tokens - b.tokens)
}
