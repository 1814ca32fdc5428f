import type { TokenContribution } from '../../sparse/query/explain.ts'
import type { HighlightOptions } from '../../sparse/query/highlight.ts'
import type { QueryIdf } from '../query/corpus-idf.ts'
import type { QueryClause, QueryForm } from '../query/query-builder.ts'
import type { TwoPhase, TwoPhaseReport } from '../query/two-phase.ts'

/** sparse: learned weights. bm25: the text fields. hybrid: both, fused. */
export type SearchMode = 'sparse' | 'bm25' | 'hybrid'

export type Fusion =
  | {
      readonly type: 'min_max'
      /** Share of the lexical score, 0 to 1. @default .35 */
      readonly bm25Weight?: number | undefined
    }
  | {
      readonly type: 'rrf'
      /** 1 to 10,000: how little the first ranks stand out. @default 60 */
      readonly rankConstant?: number | undefined
    }

export interface SearchRequest {
  /** Index, or alias with one index. */
  readonly index: string
  /** What the user typed, at most {@link LONGEST_QUERY} UTF-16 units. */
  readonly text: string
  /** @default sparse; hybrid while not every document has its vector (`coverage` of the result says how many have) */
  readonly mode?: SearchMode | undefined
  /**
   * An index whose vectors are of type `lexpand_impacts` takes `lexpand` only.
   * @default 'lexpand' where the plugin can answer for the index, else 'rank_feature'
   */
  readonly form?: QueryForm | undefined
  /**
   * Where the query weights come from: the model's table, the searched index, or half of each. The last two count
   * document frequencies: the plugin does inside the engine, otherwise they cost one more request for word pieces
   * not asked for lately. @default 'model'
   */
  readonly idf?: QueryIdf | undefined
  /**
   * Scores common word pieces only on the best documents of the others, in mode sparse and the forms of stock
   * clusters; the plugin is exact and needs none of it. `twoPhase` of the result says what was done. Whether it pays
   * on your index is measured by `lexpand advise`. @default none: every word piece searches
   */
  readonly twoPhase?: TwoPhase | undefined
  /** @default 10 */
  readonly size?: number | undefined
  /** @default 0; from + size is at most 10,000 */
  readonly from?: number | undefined
  /** Query DSL clauses that every hit must match and that do not count for the score. */
  readonly filter?: QueryClause | readonly QueryClause[] | undefined
  /** Adds to each hit which word pieces matched and how much. @default false */
  readonly explain?: boolean | undefined
  /** Adds excerpts with the matched words marked. @default false */
  readonly highlight?: boolean | HighlightOptions | undefined
  /** How hybrid merges its two lists. @default min_max with bm25Weight .35 */
  readonly fusion?: Fusion | undefined
  /**
   * Where hybrid merges: engine needs the neural-search plugin and min_max. @default engine where it can, else
   * client
   */
  readonly fuseIn?: 'engine' | 'client' | undefined
  /** Paths of `_source` to return; naming the sparse field or `lexpand` returns these, too. @default all but these two */
  readonly sourceFields?: readonly string[] | undefined
  /** Counts all hits, which costs 2 to 5 times the search. @default false, then `total` is absent */
  readonly trackTotalHits?: boolean | undefined
  /** What a sparse query without any word piece does: search the text fields, or fail. @default 'lexical' */
  readonly emptyQuery?: 'error' | 'lexical' | undefined
  /** @default 30,000 */
  readonly timeoutMs?: number | undefined
  /** Aborting ends the search with an error. */
  readonly signal?: AbortSignal | undefined
}

/** @typeParam Source of the document as it is stored */
export interface SearchHit<Source = Readonly<Record<string, unknown>>> {
  readonly id: string
  readonly score: number
  readonly source: Source
  /** Sparse contributions, largest first; in sparse mode they add up to the score. */
  readonly explanation?: readonly TokenContribution[] | undefined
  readonly highlights?: readonly string[] | undefined
}

export interface SearchResult<Source = Readonly<Record<string, unknown>>> {
  /** What was run: differs from the request where `emptyQuery` or the coverage decided. */
  readonly mode: SearchMode
  /** Milliseconds of the whole call, measured here with fractions. */
  readonly tookMs: number
  /** Milliseconds by the engine's own whole-number clock. */
  readonly engineTookMs: number
  /** All documents that match; only with `trackTotalHits`. */
  readonly total?: number | undefined
  /** Share of documents that a sparse query can find, 0 to 1; only when the request named no mode. */
  readonly coverage?: number | undefined
  /** Only where two-phase scoring was asked for and could do something. */
  readonly twoPhase?: TwoPhaseReport | undefined
  readonly hits: readonly SearchHit<Source>[]
}

/** `index.max_result_window` of the engine. */
export const LARGEST_WINDOW = 10_000

/** A longer text is not a query; the clause budget ends at about 1,000 distinct word pieces anyway. */
export const LONGEST_QUERY = 20_000

export const DEFAULT_BM25_WEIGHT = 0.35
export const DEFAULT_RANK_CONSTANT = 60
