import type { Client } from '@opensearch-project/opensearch'
import type { Model } from '../../models/index.ts'
import { SearchCache, type SearchRequest, search } from '../../pipelines/index.ts'
import type { BeirQueries } from '../../quality/beir.ts'
import { type Evaluation, evaluate, type Run, type ScoredDocument } from '../../quality/metrics.ts'
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

const BALANCES = [0, 0.1, 0.2, 0.3, 0.5, 0.7, 1] as const
const at = (balance: number) => ({ type: 'sum', balance }) as const

const WAYS: Readonly<Record<string, Way>> = {
  [DEFAULT_WAY]: {},
  [SPARSE_WAY]: { mode: 'sparse' },
  'two lists, min-max': { fusion: { type: 'min_max' } },
  ...FEEDBACK_WAYS,
  ...Object.fromEntries(BALANCES.map((balance) => [`balance ${balance}`, { fusion: at(balance) }])),
}

/** Ways that only the choice looks at. */
const CANDIDATES: Readonly<Record<string, Way>> = Object.fromEntries(
  BALANCES.map((balance) => [`balance ${balance}, feedback`, { fusion: at(balance), feedback: {} }]),
)

export interface EngineSet {
  readonly client: Client
  readonly model: Model
  readonly index: string
  readonly judged: BeirQueries
}

/** Every way through `search` itself. @returns BM25, and the others compared with it */
export async function engineFigures(set: EngineSet): Promise<{ bm25: Evaluation; others: Figures[] }> {
  const { judged } = set
  const bm25 = evaluate(await engineRun(set, () => ({ mode: 'bm25' })), judged.qrels)
  const evaluations = new Map<string, Evaluation>()
  for (const [name, way] of Object.entries({ ...WAYS, ...CANDIDATES })) {
    evaluations.set(name, evaluate(await engineRun(set, () => way), judged.qrels))
  }
  const shown = Object.keys(WAYS).map((name) => figuresOf(name, evaluations.get(name) ?? bm25, bm25))
  return { bm25, others: [...shown, figuresOf(ADVISED_WAY, chosenByHalves(evaluations), bm25)] }
}

/** Judged queries are plain texts: a quotation mark in one is no operator. */
export async function engineRun(
  { client, model, index, judged }: EngineSet,
  wayOf: (query: string) => Way,
): Promise<Run> {
  const { tokenizer, queryTable } = model
  // The specification is read once, and so are the counts.
  const resources = { tokenizer, queryTable, cache: new SearchCache(Number.POSITIVE_INFINITY) }
  const run = new Map<string, ScoredDocument[]>()
  for (const [id, text] of judged.queries) {
    const request = { index, text, size: DEPTH + 1, sourceFields: [], operators: false, ...wayOf(id) }
    const { hits } = await search(client, resources, request)
    run.set(
      id,
      without(
        id,
        hits.map((hit) => ({ id: hit.id, score: hit.score })),
      ),
    )
  }
  return run
}

/**
 * What a search gives whose settings were chosen with judgments of other queries: every second query is measured with
 * the way that is best on the rest, so that no query takes part in its own choice.
 */
export function chosenByHalves(evaluations: ReadonlyMap<string, Evaluation>): Evaluation {
  const all = [...evaluations.values()]
  const ids = [...(all[0]?.perQuery.keys() ?? [])]
  const halves = [0, 1].map((rest) => ids.filter((_, place) => place % 2 === rest))
  const sumOver = (half: readonly string[]) => (one: Evaluation) =>
    half.reduce((sum, id) => sum + (one.perQuery.get(id)?.ndcg_at_10 ?? 0), 0)
  const best = halves.map((half) => {
    const sum = sumOver(half)
    return all.reduce((a, b) => (sum(b) > sum(a) ? b : a))
  })
  const perQuery = new Map(
    ids.flatMap((id, place) => {
      const found = best[1 - (place % 2)]?.perQuery.get(id)
      return found === undefined ? [] : [[id, found] as const]
    }),
  )
  const mean = (metric: 'ndcg_at_10' | 'recall_at_100' | 'mrr_at_10') =>
    [...perQuery.values()].reduce((sum, values) => sum + values[metric], 0) / perQuery.size
  return {
    mean: {
      ndcg_at_10: mean('ndcg_at_10'),
      recall_at_100: mean('recall_at_100'),
      mrr_at_10: mean('mrr_at_10'),
    },
    perQuery,
  }
}
