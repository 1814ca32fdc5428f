import type { Types } from '@opensearch-project/opensearch'
import { LARGEST_QUERY_WEIGHT } from '../../sparse/query/encode-query.ts'
import { type QueryClause, type SparseQueryOptions, sparseQuery } from './query-builder.ts'

/** Report on the two-phase scoring of a search. */
export interface TwoPhaseReport {
  readonly cut: number
  /** Number of documents of each shard that were scored again. */
  readonly window: number
  /** Word pieces of the second phase. */
  readonly lowTokens: number
  /** true: the hits are those of the whole query. false: this is not proven, but may still be so. Only with `prove`. */
  readonly exact?: boolean | undefined
}

/** Settings of two-phase scoring; see {@link twoPhaseQuery}. */
export interface TwoPhase {
  /**
   * Query weight below which a word piece waits for the second phase; above 0, at most 64. Absolute, so that a rare
   * word beside a very rare one still takes part in the first phase.
   *
   * @default 2
   */
  readonly cut?: number | undefined
  /**
   * Number of documents of each shard that the second phase scores again, 1 to 10,000. Doubled until it covers `from +
   * size`.
   *
   * @default 50
   */
  readonly window?: number | undefined
  /** Sends three more requests beside the search to find out whether the hits are certainly right. @default false */
  readonly prove?: boolean | undefined
}

/** Pieces below this cut occur in most documents: they cost most and tell least. */
export const DEFAULT_TWO_PHASE: Required<TwoPhase> = { cut: 2, window: 50, prove: false }

/** The engine's `index.max_rescore_window`. */
export const LARGEST_RESCORE_WINDOW = 10_000

export const LARGEST_CUT = LARGEST_QUERY_WEIGHT

export type Rescore = Types.Core_Search.Rescore

export interface TwoPhaseQuery {
  /** First phase: the pieces at or above the cut find the documents. */
  readonly query: QueryClause
  /** Second phase: the pieces below it are added to the best documents of the first. */
  readonly rescore: Rescore
  /** Pieces of the second phase. */
  readonly low: SparseQueryOptions['tokens']
  readonly window: number
}

/**
 * Makes the sparse query in two phases. Common word pieces have long posting lists and small weights: the first phase
 * leaves them out, and `rescore` of the query DSL adds them where they can matter. Documents that have only such pieces
 * are not found, and one outside the window keeps the score of its first phase.
 *
 * @param page number of hits up to the end of the page, `from + size`
 * @param largest window that the index allows, its `index.max_rescore_window`
 * @returns undefined when the cut leaves a phase empty or the page is beyond `largest`: use the whole query then
 * @throws LexpandError QUERY as {@link sparseQuery} does
 */
export function twoPhaseQuery(
  { filter, ...options }: SparseQueryOptions,
  { cut, window }: Required<Pick<TwoPhase, 'cut' | 'window'>>,
  page: number,
  largest = LARGEST_RESCORE_WINDOW,
): TwoPhaseQuery | undefined {
  if (page > largest) return undefined
  const { boost = 1 } = options
  const isLow = ({ weight }: { readonly weight: number }) => weight * boost < cut
  const low = options.tokens.filter(isLow)
  const high = options.tokens.filter((token) => !isLow(token))
  if (low.length === 0 || high.length === 0) return undefined
  const size = rescoreWindow(window, page, largest)
  return {
    query: sparseQuery({ ...options, tokens: high, ...(filter === undefined ? {} : { filter }) }),
    rescore: {
      window_size: size,
      query: { rescore_query: sparseQuery({ ...options, tokens: low }), score_mode: 'total' },
    },
    low,
    window: size,
  }
}

/** The window is doubled instead of set to `page`: pages with one window are parts of one list, but those with two windows need not be. */
export function rescoreWindow(window: number, page: number, largest = LARGEST_RESCORE_WINDOW): number {
  let size = window
  while (size < page) size *= 2
  return Math.min(size, largest)
}

/**
 * Whether no document outside the window can belong to the page. A document that was not scored again has at most the
 * best first-phase score behind the window, plus the most that the low pieces can add.
 *
 * @param behind score of the first phase at rank window + 1; 0 when there is none
 * @param low weight x largest stored weight, for each piece of the second phase
 * @param last score of the last hit of the page; 0 when the page is not full
 */
export function isProven(behind: number, low: readonly number[], last: number): boolean {
  const most = low.reduce((sum, one) => sum + one, 0)
  // The engine adds in 32-bit floats, in another order than that of one query.
  return most === 0 || (behind + most) * (1 + 1e-6) < last
}
