import type { Client } from '@opensearch-project/opensearch'
import { BALANCES, chooseSearch, pointOf, type SearchSettings } from '../../advise/search-choice.ts'
import type { Model } from '../../models/index.ts'
import { SearchCache, type SearchRequest, search } from '../../pipelines/index.ts'
import type { BeirQueries } from '../../quality/beir.ts'
import {
  type Evaluation,
  evaluate,
  type QualityMetrics,
  type Run,
  type ScoredDocument,
} from '../../quality/metrics.ts'
import { DEPTH, type Figures, figuresOf, without } from './quality-figures.ts'

export type Way = Pick<SearchRequest, 'mode' | 'idf' | 'fusion' | 'feedback' | 'history' | 'rewrite'>

/** Names stand in the page; ranking is by the second word, the first hits come from the first. */
export const FEEDBACK_WAYS = {
  'feedback from sparse, ranked by sparse': { mode: 'sparse', feedback: { from: 'sparse' } },
  'feedback from sparse, ranked by hybrid': { feedback: { from: 'sparse' } },
  'feedback from hybrid, ranked by sparse': { mode: 'sparse', feedback: { from: 'hybrid' } },
  'feedback from hybrid, ranked by hybrid': { feedback: { from: 'hybrid' } },
} as const satisfies Record<string, Way>

export const DEFAULT_WAY = 'default: hybrid in one pass'
export const SPARSE_WAY = 'sparse, idf auto'
export const ADVISED_WAY = 'as advise chooses from the other half'

const at = (balance: number) => ({ type: 'sum', balance }) as const

const WAYS: Readonly<Record<string, Way>> = {
  [DEFAULT_WAY]: {},
  [SPARSE_WAY]: { mode: 'sparse' },
  'two lists, min-max': { fusion: { type: 'min_max' } },
  ...FEEDBACK_WAYS,
  ...Object.fromEntries(
    BALANCES.filter((balance) => balance > 0).flatMap((balance) => [
      [`balance ${balance}`, { fusion: at(balance) }],
      [`balance ${balance}, feedback`, { fusion: at(balance), feedback: {} }],
    ]),
  ),
}

/** Ways whose first hundred are looked at: most of the time of a search of this index goes into reading that many hits. */
const DEEP: ReadonlySet<string> = new Set([DEFAULT_WAY, SPARSE_WAY, 'feedback from hybrid, ranked by hybrid'])

/** Names of the ways that `advise` chooses from, the default first. At balance 0 hybrid is sparse. */
const CHOICES: readonly (readonly [SearchSettings, string])[] = [
  [{ feedback: false }, DEFAULT_WAY],
  [{ feedback: true }, 'feedback from hybrid, ranked by hybrid'],
  ...BALANCES.flatMap((balance) => [
    [{ balance, feedback: false }, balance === 0 ? SPARSE_WAY : `balance ${balance}`] as const,
    [
      { balance, feedback: true },
      balance === 0 ? 'feedback from sparse, ranked by sparse' : `balance ${balance}, feedback`,
    ] as const,
  ]),
]

export interface EngineSet {
  readonly client: Client
  readonly model: Model
  readonly index: string
  readonly judged: BeirQueries
}

/** Every way through `search` itself. @returns BM25, and the others compared with it */
export async function engineFigures(set: EngineSet): Promise<{ bm25: Evaluation; others: Figures[] }> {
  const { judged } = set
  const bm25 = evaluate(await engineRun(set, () => ({ mode: 'bm25' }), DEPTH), judged.qrels)
  const evaluations = new Map<string, Evaluation>()
  for (const [name, way] of Object.entries(WAYS)) {
    evaluations.set(
      name,
      evaluate(await engineRun(set, () => way, DEEP.has(name) ? DEPTH : 10), judged.qrels),
    )
  }
  const shown = [...evaluations].map(([name, evaluation]) => {
    const figures = figuresOf(name, evaluation, bm25)
    return DEEP.has(name) ? figures : { ...figures, recall_at_100: undefined }
  })
  const choices = CHOICES.map(([settings, name]) => [settings, evaluations.get(name) ?? bm25] as const)
  const advised = figuresOf(ADVISED_WAY, chosenByHalves(choices), bm25)
  return { bm25, others: [...shown, { ...advised, recall_at_100: undefined }] }
}

/** Searches that are under way at the same time. */
const AT_ONCE = 4

/** Judged queries are plain texts: a quotation mark in one is no operator. */
export async function engineRun(
  { client, model, index, judged }: EngineSet,
  wayOf: (query: string) => Way,
  depth: number,
): Promise<Run> {
  const { tokenizer, queryTable } = model
  // The specification is read once, and so are the counts.
  const resources = { tokenizer, queryTable, cache: new SearchCache(Number.POSITIVE_INFINITY) }
  const run = new Map<string, ScoredDocument[]>()
  const left = [...judged.queries]
  const worker = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [id, text] = next
      const request = { index, text, size: depth + 1, sourceFields: [], operators: false, ...wayOf(id) }
      const { hits } = await search(client, resources, request)
      const ranked = hits.map((hit) => ({ id: hit.id, score: hit.score }))
      run.set(id, without(id, ranked))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return run
}

/**
 * What a search gives whose settings were chosen with judgments of other queries: every second query is measured with
 * the choice by the rest, so that no query takes part in its own choice.
 *
 * @param choices the default of a search first
 */
export function chosenByHalves(choices: readonly (readonly [SearchSettings, Evaluation])[]): Evaluation {
  const [[, base] = [undefined, undefined]] = choices
  if (base === undefined) throw new RangeError('[report] expected choices, got none.')
  const ids = [...base.perQuery.keys()]
  const perQuery = new Map(
    [0, 1].flatMap((measured) => {
      const isMeasured = (place: number) => place % 2 === measured
      const rest = new Set(ids.filter((_, place) => !isMeasured(place)))
      const points = choices.map(([way, one]) => pointOf(way, only(one, rest), only(base, rest)))
      const { balance, feedback } = chooseSearch(points, rest.size)
      const [, best = base] =
        choices.find(([way]) => way.balance === balance && way.feedback === feedback) ?? []
      return ids
        .filter((_, place) => isMeasured(place))
        .map((id) => [id, best.perQuery.get(id) ?? NONE] as const)
    }),
  )
  return { perQuery, mean: meanOf(perQuery) }
}

const NONE = { ndcg_at_10: 0, recall_at_100: 0, mrr_at_10: 0 } as const satisfies QualityMetrics

function only({ perQuery }: Evaluation, ids: ReadonlySet<string>): Evaluation {
  const kept = new Map([...perQuery].filter(([id]) => ids.has(id)))
  return { perQuery: kept, mean: meanOf(kept) }
}

function meanOf(perQuery: ReadonlyMap<string, QualityMetrics>): QualityMetrics {
  const mean = (metric: keyof QualityMetrics) =>
    [...perQuery.values()].reduce((sum, values) => sum + values[metric], 0) / perQuery.size
  return {
    ndcg_at_10: mean('ndcg_at_10'),
    recall_at_100: mean('recall_at_100'),
    mrr_at_10: mean('mrr_at_10'),
  }
}
