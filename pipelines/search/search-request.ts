import { assertIndexName } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { TokenContribution } from '../../sparse/query/explain.ts'
import type { HighlightOptions } from '../../sparse/query/highlight.ts'
import type { QueryIdf } from '../query/corpus-idf.ts'
import type { QueryClause, QueryForm } from '../query/query-builder.ts'
import type { TwoPhaseReport } from '../query/two-phase.ts'
import { DEFAULT_TWO_PHASE, LARGEST_CUT, LARGEST_RESCORE_WINDOW, type TwoPhase } from '../query/two-phase.ts'

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
   * clusters; the plugin is exact and needs none of it. `two_phase` of the result says what was done. Whether it pays
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
}

export interface SearchHit {
  readonly id: string
  readonly score: number
  readonly source: Readonly<Record<string, unknown>>
  /** Sparse contributions, largest first; in sparse mode they add up to the score. */
  readonly explanation?: readonly TokenContribution[] | undefined
  readonly highlights?: readonly string[] | undefined
}

export interface SearchResult {
  /** What was run: differs from the request where `emptyQuery` or the coverage decided. */
  readonly mode: SearchMode
  /** Milliseconds of the whole call, measured here with fractions. */
  readonly took_ms: number
  /** Milliseconds by the engine's own whole-number clock. */
  readonly engine_took_ms: number
  /** All documents that match; only with `trackTotalHits`. */
  readonly total?: number | undefined
  /** Share of documents that a sparse query can find, 0 to 1; only when the request named no mode. */
  readonly coverage?: number | undefined
  /** Only where two-phase scoring was asked for and could do something. */
  readonly two_phase?: TwoPhaseReport | undefined
  readonly hits: readonly SearchHit[]
}

/** `index.max_result_window` of the engine. */
export const LARGEST_WINDOW = 10_000

/** A longer text is not a query; the clause budget ends at about 1,000 distinct word pieces anyway. */
export const LONGEST_QUERY = 20_000

export const DEFAULT_BM25_WEIGHT = 0.35
export const DEFAULT_RANK_CONSTANT = 60

/** A request with its defaults filled in. */
export interface CheckedRequest
  extends Required<
    Omit<SearchRequest, 'mode' | 'form' | 'twoPhase' | 'fuseIn' | 'sourceFields' | 'filter' | 'highlight'>
  > {
  readonly mode: SearchMode | undefined
  readonly form: QueryForm | undefined
  readonly twoPhase: Required<TwoPhase> | undefined
  readonly fuseIn: 'engine' | 'client' | undefined
  readonly sourceFields: readonly string[] | undefined
  readonly filter: readonly QueryClause[]
  readonly highlight: HighlightOptions | undefined
  readonly fusion: Required<Fusion>
}

/** @throws LexpandError QUERY or CONFIGURATION for values that no engine could serve */
export function checkRequest(request: SearchRequest): CheckedRequest {
  const { size = 10, from = 0, filter = [], highlight = false } = request
  assertIndexName(request.index, 'search')
  expect(request.text.trim() !== '', 'text to search for', 'blank text', 'Type at least one word.')
  expect(
    request.text.length <= LONGEST_QUERY,
    `at most ${LONGEST_QUERY} characters of query`,
    String(request.text.length),
    'Shorten the query.',
  )
  expect(isCount(size), 'a size of 0 or more', String(size), 'Correct it.')
  expect(isCount(from), 'a from of 0 or more', String(from), 'Correct it.')
  expect(
    from + size <= LARGEST_WINDOW,
    `from + size of at most ${LARGEST_WINDOW}`,
    String(from + size),
    'Narrow the query instead of paging so far.',
  )
  const fusion = checkFusion(request.fusion ?? { type: 'min_max' })
  expect(
    request.fuseIn !== 'engine' || fusion.type === 'min_max',
    'min_max for fusion in the engine',
    fusion.type,
    'Leave fuseIn out, or fuse in the client.',
  )
  return {
    index: request.index,
    text: request.text,
    mode: request.mode,
    form: request.form,
    idf: request.idf ?? 'model',
    twoPhase: request.twoPhase === undefined ? undefined : checkTwoPhase(request.twoPhase),
    size,
    from,
    filter: Array.isArray(filter) ? filter : [filter as QueryClause],
    explain: request.explain ?? false,
    highlight: highlight === true ? {} : highlight === false ? undefined : highlight,
    fusion,
    fuseIn: request.fuseIn,
    sourceFields: request.sourceFields,
    trackTotalHits: request.trackTotalHits ?? false,
    emptyQuery: request.emptyQuery ?? 'lexical',
    timeoutMs: request.timeoutMs ?? 30_000,
  }
}

function checkTwoPhase(wanted: TwoPhase): Required<TwoPhase> {
  const { cut = DEFAULT_TWO_PHASE.cut, window = DEFAULT_TWO_PHASE.window } = wanted
  const isWindow = isCount(window) && window >= 1 && window <= LARGEST_RESCORE_WINDOW
  expect(cut > 0 && cut <= LARGEST_CUT, `a cut above 0, at most ${LARGEST_CUT}`, String(cut), 'Correct it.')
  expect(isWindow, `a window of 1 to ${LARGEST_RESCORE_WINDOW}`, String(window), 'Correct it.')
  return { cut, window, prove: wanted.prove ?? DEFAULT_TWO_PHASE.prove }
}

function checkFusion(fusion: Fusion): Required<Fusion> {
  if (fusion.type === 'rrf') {
    const { rankConstant = DEFAULT_RANK_CONSTANT } = fusion
    const isInRange = Number.isInteger(rankConstant) && rankConstant >= 1 && rankConstant <= 10_000
    expect(isInRange, 'a rank constant of 1 to 10,000', String(rankConstant), 'Correct it.')
    return { type: 'rrf', rankConstant }
  }
  const { bm25Weight = DEFAULT_BM25_WEIGHT } = fusion
  expect(bm25Weight >= 0 && bm25Weight <= 1, 'a BM25 weight of 0 to 1', String(bm25Weight), 'Correct it.')
  return { type: 'min_max', bm25Weight }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0
}

function expect(holds: boolean, expected: string, got: string, advice: string): void {
  if (!holds) throw new LexpandError('QUERY', `[search] expected ${expected}, got ${got}. ${advice}`)
}
