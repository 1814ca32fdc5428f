import { percentile } from '../../measure/latency.ts'
import type { Machine } from '../../measure/machine.ts'
import type { SearchSpeed } from '../../measure/search-speed.ts'
import type { BenchQuery } from '../../measure/search-variants.ts'
import type { ClientOverhead } from './client-overhead.ts'

/** What `lexpand bench search --json` prints. */
export interface BenchSearchResult {
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly model: string
  readonly documents: number
  /** Word pieces of a document's vector, mean. */
  readonly document_tokens: number
  readonly queries: number
  /** Distinct word pieces of a query, mean. */
  readonly query_tokens: number
  readonly rounds: number
  /** One client, one segment, hits not counted. */
  readonly variants: Readonly<Record<string, MeasuredVariant>>
  /** The same with `track_total_hits` at the engine's default. */
  readonly counted?: Readonly<Record<string, SearchSpeed>> | undefined
  /** The same over the segments that filling left. */
  readonly unmerged?: {
    readonly segments: Readonly<Record<string, number>>
    readonly variants: Readonly<Record<string, SearchSpeed>>
  }
  /** As `variants`, with several clients at once. */
  readonly load?:
    | { readonly clients: number; readonly variants: Readonly<Record<string, SearchSpeed>> }
    | undefined
  /** As `variants`, beside a filter; without those that fuse two lists. */
  readonly filtered?: readonly FilteredSpeeds[] | undefined
  readonly client_overhead: ClientOverhead
  /** Bytes of the inverted index, by field kind. */
  readonly index_bytes: Readonly<Record<string, number>>
  /** Bytes of all files; only `both` keeps the sources. */
  readonly store_bytes: Readonly<Record<string, number>>
  /** Filling and merge; only of indices that this run filled. */
  readonly index_seconds: Readonly<Record<string, number>>
  /** The part of it that came before the merge. */
  readonly fill_seconds: Readonly<Record<string, number>>
  /** Variants that the server cannot run, with its reason. */
  readonly missing: Readonly<Record<string, string>>
}

export interface MeasuredVariant extends SearchSpeed {
  /** With rank_feature's hits. */
  readonly overlap?: number | undefined
  /** By distinct word pieces of the query. */
  readonly by_query_tokens: readonly LengthSpeed[]
}

export interface FilteredSpeeds {
  /** Hundredths of the documents that the filter lets through. */
  readonly passing: number
  /** Overlap with rank_feature's hits beside the same filter. */
  readonly variants: Readonly<Record<string, SearchSpeed & { readonly overlap?: number }>>
}

export interface LengthSpeed {
  readonly tokens: number
  readonly queries: number
  readonly p50_ms: number
}

/** Queries of a length that say anything about it. */
const LEAST_QUERIES = 10

/** Median time by number of word pieces, ascending; lengths of fewer than ten queries are left out. */
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
