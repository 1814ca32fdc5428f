import type { Feedback } from '../../mappings/index.ts'
import type { TokenContribution } from '../../sparse/query/explain.ts'
import type { HighlightOptions } from '../../sparse/query/highlight.ts'
import type { QueryIdf } from '../query/corpus-idf.ts'
import type { QueryClause, QueryForm } from '../query/query-builder.ts'
import type { TwoPhase, TwoPhaseReport } from '../query/two-phase.ts'

/** sparse: learned weights. bm25: the text fields. hybrid: both. */
export type SearchMode = 'sparse' | 'bm25' | 'hybrid'

export type Fusion =
  | {
      /** Both signals in one query, score = sparse + balance x BM25: about the price of BM25, and one list of hits. */
      readonly type: 'sum'
      /** Weight of BM25, 0 to 1,000. auto: by rules over the query (pipelines/hybrid/balance.ts). @default 'auto' */
      readonly balance?: number | 'auto' | undefined
    }
  | {
      readonly type: 'min_max'
      /** Share of BM25 in the fused score, 0 to 1. @default .35 */
      readonly bm25Weight?: number | undefined
    }
  | {
      readonly type: 'rrf'
      /** 1 to 10,000: with a larger constant the first ranks stand out less. @default 60 */
      readonly rankConstant?: number | undefined
    }

export interface SearchRequest {
  /** Index or alias. Several, also behind one alias, have to hold vectors of one model in fields of the same names. */
  readonly index: string | readonly string[]
  /** The query as typed, at most {@link LONGEST_QUERY} UTF-16 units. */
  readonly text: string
  /**
   * Earlier questions of a conversation, oldest first. The last six take part, each with a fifth of the weight of the
   * one after it, in both parts of hybrid. An application that rewrites questions itself leaves it out.
   *
   * @default none
   */
  readonly history?: readonly string[] | undefined
  /**
   * The application's own way to make one question of a conversation, called with the words of `text` (without
   * operators) and `history`, oldest first. Its answer takes the place of both. It has `timeoutMs`, and pages agree as
   * long as it answers alike. @default none: `history` counts as described there
   */
  readonly rewrite?: Rewrite | undefined
  /** @default hybrid; sparse where no query can reach a text field */
  readonly mode?: SearchMode | undefined
  /**
   * Form of the sparse query. An index whose vectors are of type `lexpand_impacts` takes only `lexpand`.
   *
   * @default 'lexpand' where the plugin can answer for the index, else 'rank_feature'
   */
  readonly form?: QueryForm | undefined
  /**
   * Source of the query weights: the model's table, the searched index, or half of each. The last two count document
   * frequencies: the plugin counts them inside the engine; otherwise they cost one more request for word pieces not
   * counted lately.
   *
   * @default 'auto'
   */
  readonly idf?: QueryIdf | undefined
  /**
   * Documents whose rarity counts for `idf`: those of the whole index, or those that pass `filter` (a tenant's own).
   * Counts inside a filter are cached like the others; the plugin cannot use them, so clauses replace it.
   *
   * @default 'index'
   */
  readonly idfScope?: 'index' | 'filter' | undefined
  /**
   * Scores common word pieces only on the best documents of the others, in mode sparse and with the stock forms; the
   * plugin is exact and needs none of it. `twoPhase` of the result reports it. `lexpand advise` measures whether it
   * pays on an index.
   *
   * @default none: every word piece searches
   */
  readonly twoPhase?: TwoPhase | undefined
  /** Number of hits, 0 to 10,000. @default 10 */
  readonly size?: number | undefined
  /** Number of hits to skip; from + size is at most 10,000. @default 0 */
  readonly from?: number | undefined
  /** Query DSL clauses that every hit must match and that do not change the score. @default none */
  readonly filter?: QueryClause | readonly QueryClause[] | undefined
  /** Adds to each hit the word pieces that matched and their contributions. @default false */
  readonly explain?: boolean | undefined
  /** Adds excerpts with the matched words marked. @default false */
  readonly highlight?: boolean | HighlightOptions | undefined
  /** How hybrid combines both signals. min_max and rrf fuse two lists, ten times as slow as sum. @default sum */
  readonly fusion?: Fusion | undefined
  /**
   * Where min_max and rrf fuse their lists. The engine needs the neural-search plugin and fuses only min_max.
   *
   * @default engine where it can, else client
   */
  readonly fuseIn?: 'engine' | 'client' | undefined
  /**
   * Learns from the first hits: the vectors of the best documents add word pieces to the query, and a second search
   * ranks by both. Costs a small search more. It finds documents that only have added pieces, too. Pages stay pages of
   * one list. Not in mode bm25 and not with min_max and rrf; without effect where the score does not order the hits.
   * `auto` uses what `lexpand advise --store` has measured for the index, and nothing where it has not.
   *
   * @default 'auto'
   */
  readonly feedback?: Feedback | 'auto' | 'off' | undefined
  /** Whether `"quoted phrases"` must match and `-excluded` words must not. @default true */
  readonly operators?: boolean | undefined
  /**
   * Query DSL clauses whose score is added to that of a hit and that find no documents by themselves, such as
   * `distance_feature` for recency and `rank_feature` for popularity. Not with min_max and rrf, like all options down
   * to `postFilter`.
   *
   * @default none
   */
  readonly boosts?: readonly QueryClause[] | undefined
  /** As in the query DSL. Scores are 0 where the sort does not use them and no explanation needs them. @default by score */
  readonly sort?: SortKey | readonly SortKey[] | undefined
  /** `sort` of the last hit of the previous page, whose request had the same sort. */
  readonly searchAfter?: readonly SortValue[] | undefined
  /** A point in time (`createPit` of the client) of the same index: all pages show that moment. */
  readonly pit?: { readonly id: string; readonly keepAlive?: string | undefined } | undefined
  /** As in the query DSL, over all hits. */
  readonly aggregations?: Readonly<Record<string, object>> | undefined
  /** As in the query DSL: the best hit for each value of a field, with `inner_hits` if given. */
  readonly collapse?: Readonly<Record<string, unknown>> | undefined
  /** Hits with a lower score are left out. */
  readonly minScore?: number | undefined
  /** Narrows the hits, but not the aggregations. */
  readonly postFilter?: QueryClause | undefined
  /** Paths of `_source` to return; naming the sparse field or `lexpand` returns these, too. @default all but these two */
  readonly sourceFields?: readonly string[] | undefined
  /** Counts all hits, which takes 2 to 5 times as long; otherwise `total` is absent. @default false */
  readonly trackTotalHits?: boolean | undefined
  /** What a sparse query without any word piece does: search the text fields, or fail with QUERY. @default 'lexical' */
  readonly emptyQuery?: 'error' | 'lexical' | undefined
  /** Milliseconds. @default 30,000 */
  readonly timeoutMs?: number | undefined
  /** Aborting ends the search with an error. */
  readonly signal?: AbortSignal | undefined
}

/** @returns a question that stands alone, at most {@link LONGEST_QUERY} UTF-16 units */
export type Rewrite = (text: string, history: readonly string[]) => string | Promise<string>

/** A field, `_score`, or `{field: {order, ...}}`. */
export type SortKey = string | Readonly<Record<string, unknown>>

export type SortValue = string | number | boolean | null

/** Contribution of each signal to the score of hybrid; the lexical share includes the boosts. */
export interface Shares {
  readonly sparse: number
  readonly lexical: number
}

/** @typeParam Source source of the document */
export interface SearchHit<Source = Readonly<Record<string, unknown>>> {
  readonly id: string
  /** Concrete index of the document. */
  readonly index: string
  readonly score: number
  readonly source: Source
  /** Contributions of word pieces, largest first; in sparse mode they add up to the score. */
  readonly explanation?: readonly TokenContribution[] | undefined
  /** Only with `explain`, in hybrid in one pass, where the vectors can be read back. */
  readonly shares?: Shares | undefined
  readonly highlights?: readonly string[] | undefined
  /** Only with `sort`: the value for `searchAfter`. */
  readonly sort?: readonly SortValue[] | undefined
  /** Only with a `collapse` that asks for them, as the engine returns them. */
  readonly innerHits?: Readonly<Record<string, unknown>> | undefined
}

export interface SearchResult<Source = Readonly<Record<string, unknown>>> {
  /** The mode that ran; it differs from the request where the query has no word pieces. */
  readonly mode: SearchMode
  /** Milliseconds of the whole call, with fractions, by the caller's clock. */
  readonly tookMs: number
  /** Whole milliseconds by the engine's clock. */
  readonly engineTookMs: number
  /** Number of all matching documents; only with `trackTotalHits`. */
  readonly total?: number | undefined
  /** Share of documents that a sparse query can find, 0 to 1; only in hybrid in one pass. */
  readonly coverage?: number | undefined
  /** Weight of BM25; only in hybrid in one pass. */
  readonly balance?: number | undefined
  /** As the engine returns them, by name. */
  readonly aggregations?: Readonly<Record<string, unknown>> | undefined
  /** Id of the point in time for the next page; it can differ from the one that was sent. */
  readonly pitId?: string | undefined
  /** Only where the first hits have added word pieces to the query. */
  readonly feedback?: FeedbackReport | undefined
  /** Only where two-phase scoring was requested and could be used. */
  readonly twoPhase?: TwoPhaseReport | undefined
  readonly hits: readonly SearchHit<Source>[]
}

/** The word pieces that the first hits added to a query. */
export interface FeedbackReport {
  /** Ids of the documents whose vectors were read, best first. */
  readonly documents: readonly string[]
  /** Added weights, heaviest first; a piece of the query can be among them. */
  readonly pieces: readonly { readonly token: string; readonly weight: number }[]
}

/** The engine's `index.max_result_window`. */
export const LARGEST_WINDOW = 10_000

/** A longer text is not a query; the clause budget ends at about 1,000 distinct word pieces anyway. */
export const LONGEST_QUERY = 20_000

/** Largest weight of BM25 beside the sparse score; the plugin has the same limit. */
export const LARGEST_BALANCE = 1_000

export const DEFAULT_BM25_WEIGHT = 0.35
export const DEFAULT_RANK_CONSTANT = 60
