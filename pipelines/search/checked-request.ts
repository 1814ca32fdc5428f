import { z } from 'zod'
import { assertIndexName } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { HighlightOptions } from '../../sparse/query/highlight.ts'
import { assertShape } from '../../sparse/shape.ts'
import type { QueryClause, QueryForm } from '../query/query-builder.ts'
import { DEFAULT_TWO_PHASE, LARGEST_CUT, LARGEST_RESCORE_WINDOW, type TwoPhase } from '../query/two-phase.ts'
import {
  DEFAULT_BM25_WEIGHT,
  DEFAULT_RANK_CONSTANT,
  type Fusion,
  LARGEST_WINDOW,
  LONGEST_QUERY,
  type SearchMode,
  type SearchRequest,
} from './search-request.ts'

/** A request with its defaults filled in. */
export interface CheckedRequest
  extends Required<
    Omit<
      SearchRequest,
      'mode' | 'form' | 'twoPhase' | 'fuseIn' | 'sourceFields' | 'filter' | 'highlight' | 'signal'
    >
  > {
  readonly mode: SearchMode | undefined
  readonly form: QueryForm | undefined
  readonly twoPhase: Required<TwoPhase> | undefined
  readonly fuseIn: 'engine' | 'client' | undefined
  readonly sourceFields: readonly string[] | undefined
  readonly filter: readonly QueryClause[]
  readonly highlight: HighlightOptions | undefined
  readonly fusion: Required<Fusion>
  readonly signal: AbortSignal | undefined
}

const clause = z.record(z.string(), z.unknown())

/** Shapes and names; ranges are checked below, where a message can say more. */
const requestSchema = z.strictObject({
  index: z.string(),
  text: z.string(),
  mode: z.enum(['sparse', 'bm25', 'hybrid']).optional(),
  form: z.enum(['rank_feature', 'neural_sparse', 'lexpand']).optional(),
  idf: z.enum(['model', 'corpus', 'blend']).optional(),
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
      z.strictObject({ type: z.literal('min_max'), bm25Weight: z.number().optional() }),
      z.strictObject({ type: z.literal('rrf'), rankConstant: z.number().optional() }),
    ])
    .optional(),
  fuseIn: z.enum(['engine', 'client']).optional(),
  sourceFields: z.array(z.string()).optional(),
  trackTotalHits: z.boolean().optional(),
  emptyQuery: z.enum(['error', 'lexical']).optional(),
  timeoutMs: z.number().positive().optional(),
  signal: z.instanceof(AbortSignal).optional(),
})

/** @throws LexpandError QUERY or CONFIGURATION for a request of another shape, or values that no engine could serve */
export function checkRequest(request: SearchRequest): CheckedRequest {
  assertShape(requestSchema, request, 'search', 'QUERY')
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
    signal: request.signal,
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
