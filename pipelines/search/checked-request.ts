import { z } from 'zod'
import { assertIndexName, type Feedback, feedbackSchema } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { HighlightOptions } from '../../sparse/query/highlight.ts'
import { assertShape } from '../../sparse/shape.ts'
import type { QueryIdf } from '../query/corpus-idf.ts'
import { parseOperators } from '../query/operators.ts'
import type { QueryClause } from '../query/query-builder.ts'
import { DEFAULT_TWO_PHASE, LARGEST_CUT, LARGEST_RESCORE_WINDOW, type TwoPhase } from '../query/two-phase.ts'
import {
  DEFAULT_BM25_WEIGHT,
  DEFAULT_RANK_CONSTANT,
  type Fusion,
  LARGEST_BALANCE,
  LARGEST_WINDOW,
  LONGEST_QUERY,
  type Rewrite,
  type SearchRequest,
} from './search-request.ts'

type WithDefault =
  | 'idf'
  | 'feedback'
  | 'size'
  | 'from'
  | 'explain'
  | 'trackTotalHits'
  | 'emptyQuery'
  | 'timeoutMs'

/** A request with defaults filled in and its text parsed. */
export interface CheckedRequest
  extends Omit<
    SearchRequest,
    'index' | 'history' | 'filter' | 'highlight' | 'fusion' | 'twoPhase' | WithDefault
  > {
  readonly idf: QueryIdf
  readonly size: number
  readonly from: number
  readonly explain: boolean
  readonly trackTotalHits: boolean
  readonly emptyQuery: 'error' | 'lexical'
  readonly timeoutMs: number
  readonly feedback: Feedback | 'auto' | 'off'
  /** Names separated by commas, as the engine takes them. */
  readonly index: string
  readonly history: readonly string[]
  readonly phrases: readonly string[]
  readonly exclusions: readonly string[]
  readonly twoPhase: Required<TwoPhase> | undefined
  readonly filter: readonly QueryClause[]
  readonly highlight: HighlightOptions | undefined
  readonly fusion: Required<Fusion>
}

const clause = z.record(z.string(), z.unknown())
const sortKey = z.union([z.string(), clause])

/** Checks shapes and names; ranges are checked below, where a message can say more. */
const requestSchema = z.strictObject({
  index: z.union([z.string(), z.array(z.string())]),
  text: z.string(),
  history: z.array(z.string()).optional(),
  rewrite: z.custom<Rewrite>((value) => typeof value === 'function', 'expected a function').optional(),
  mode: z.enum(['sparse', 'bm25', 'hybrid']).optional(),
  form: z.enum(['rank_feature', 'neural_sparse', 'lexpand']).optional(),
  idf: z.enum(['auto', 'model', 'corpus', 'blend']).optional(),
  idfScope: z.enum(['index', 'filter']).optional(),
  twoPhase: z
    .strictObject({
      cut: z.number().optional(),
      window: z.number().optional(),
      prove: z.boolean().optional(),
    })
    .optional(),
  size: z.number().optional(),
  from: z.number().optional(),
  filter: z.union([clause, z.array(clause)]).optional(),
  explain: z.boolean().optional(),
  highlight: z.union([z.boolean(), z.looseObject({})]).optional(),
  fusion: z
    .discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('sum'),
        balance: z.union([z.number(), z.literal('auto')]).optional(),
      }),
      z.strictObject({ type: z.literal('min_max'), bm25Weight: z.number().optional() }),
      z.strictObject({ type: z.literal('rrf'), rankConstant: z.number().optional() }),
    ])
    .optional(),
  fuseIn: z.enum(['engine', 'client']).optional(),
  feedback: z.union([z.enum(['auto', 'off']), feedbackSchema]).optional(),
  operators: z.boolean().optional(),
  boosts: z.array(clause).optional(),
  sort: z.union([sortKey, z.array(sortKey)]).optional(),
  searchAfter: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  pit: z.strictObject({ id: z.string(), keepAlive: z.string().optional() }).optional(),
  aggregations: z.record(z.string(), clause).optional(),
  collapse: clause.optional(),
  minScore: z.number().optional(),
  postFilter: clause.optional(),
  sourceFields: z.array(z.string()).optional(),
  trackTotalHits: z.boolean().optional(),
  emptyQuery: z.enum(['error', 'lexical']).optional(),
  timeoutMs: z.number().positive().optional(),
  signal: z.instanceof(AbortSignal).optional(),
})

/** @throws LexpandError QUERY or CONFIGURATION for a request of another shape, or for values that no engine accepts */
export function checkRequest(request: SearchRequest): CheckedRequest {
  assertShape(requestSchema, request, 'search', 'QUERY')
  const {
    size = 10,
    from = 0,
    filter = [],
    highlight = false,
    fuseIn,
    operators = true,
    history = [],
  } = request
  const names = [request.index].flat()
  expect(names.length > 0, 'an index', 'none', 'Name at least one.')
  for (const name of names) assertIndexName(name, 'search')
  expect(request.text.trim() !== '', 'text to search for', 'blank text', 'Type at least one word.')
  expect(
    request.text.length <= LONGEST_QUERY,
    `at most ${LONGEST_QUERY} characters of query`,
    String(request.text.length),
    'Shorten the query.',
  )
  expect(
    history.every((turn) => turn.length <= LONGEST_QUERY),
    `turns of at most ${LONGEST_QUERY} characters in history`,
    'a longer one',
    'Shorten it.',
  )
  expect(isCount(size), 'a size of 0 or more', String(size), 'Correct it.')
  expect(isCount(from), 'a from of 0 or more', String(from), 'Correct it.')
  expect(
    from + size <= LARGEST_WINDOW,
    `from + size of at most ${LARGEST_WINDOW}`,
    String(from + size),
    'Narrow the query instead of paging so far, or use searchAfter.',
  )
  const typed = operators ? parseOperators(request.text) : { text: request.text, phrases: [], exclusions: [] }
  expect(typed.text !== '', 'words to search for beside the excluded ones', 'exclusions only', 'Add some.')
  const fusion = checkFusion(request.fusion ?? { type: 'sum' })
  expect(
    fuseIn === undefined || fusion.type !== 'sum',
    'fusion min_max or rrf beside fuseIn',
    'sum, which is one query',
    'Leave fuseIn out, or name a fusion.',
  )
  expect(
    fuseIn !== 'engine' || fusion.type === 'min_max',
    'min_max for fusion in the engine',
    fusion.type,
    'Leave fuseIn out, or fuse in the client.',
  )
  checkOneList(request, fusion)
  return {
    ...request,
    ...typed,
    index: names.join(','),
    history: history.map((turn) => turn.toWellFormed()).filter((turn) => turn.trim() !== ''),
    idf: request.idf ?? 'auto',
    twoPhase: request.twoPhase === undefined ? undefined : checkTwoPhase(request.twoPhase),
    size,
    from,
    filter: Array.isArray(filter) ? filter : [filter as QueryClause],
    explain: request.explain ?? false,
    highlight: highlight === true ? {} : highlight === false ? undefined : highlight,
    fusion,
    trackTotalHits: request.trackTotalHits ?? false,
    emptyQuery: request.emptyQuery ?? 'lexical',
    feedback: request.feedback ?? 'auto',
    timeoutMs: request.timeoutMs ?? 30_000,
  }
}

/** Options that need a single list of hits. */
const OF_ONE_LIST = [
  'boosts',
  'sort',
  'searchAfter',
  'pit',
  'aggregations',
  'collapse',
  'minScore',
  'postFilter',
] as const satisfies readonly (keyof SearchRequest)[]

function checkOneList(request: SearchRequest, { type }: Fusion): void {
  const { from = 0, searchAfter, sort, feedback, mode } = request
  const found = OF_ONE_LIST.find((name) => request[name] !== undefined)
  const hasOne = type === 'sum' || request.mode === 'sparse' || request.mode === 'bm25'
  expect(
    hasOne || found === undefined,
    'fusion sum',
    `${type} with ${found}`,
    `Leave fusion or ${found} out.`,
  )
  if (typeof feedback === 'object') {
    expect(mode !== 'bm25', 'a mode with vectors beside feedback', 'bm25', 'Leave one of the two out.')
    expect(hasOne, 'fusion sum', `${type} with feedback`, 'Leave fusion or feedback out.')
  }
  if (searchAfter === undefined) return
  expect(sort !== undefined, 'a sort beside searchAfter', 'none', 'Sort as the page before did.')
  expect(from === 0, 'a from of 0 beside searchAfter', String(from), 'Leave from out.')
}

function checkTwoPhase(wanted: TwoPhase): Required<TwoPhase> {
  const { cut = DEFAULT_TWO_PHASE.cut, window = DEFAULT_TWO_PHASE.window } = wanted
  const isWindow = isCount(window) && window >= 1 && window <= LARGEST_RESCORE_WINDOW
  expect(cut > 0 && cut <= LARGEST_CUT, `a cut above 0, at most ${LARGEST_CUT}`, String(cut), 'Correct it.')
  expect(isWindow, `a window of 1 to ${LARGEST_RESCORE_WINDOW}`, String(window), 'Correct it.')
  return { cut, window, prove: wanted.prove ?? DEFAULT_TWO_PHASE.prove }
}

function checkFusion(fusion: Fusion): Required<Fusion> {
  if (fusion.type === 'sum') {
    const { balance = 'auto' } = fusion
    const isInRange = balance === 'auto' || (balance >= 0 && balance <= LARGEST_BALANCE)
    expect(isInRange, `a balance of 0 to ${LARGEST_BALANCE}, or auto`, String(balance), 'Correct it.')
    return { type: 'sum', balance }
  }
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
