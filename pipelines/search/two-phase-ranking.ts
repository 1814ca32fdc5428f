import type { API } from '@opensearch-project/opensearch'
import { type EngineFailure, translateEngineFailure } from '../../mappings/index.ts'
import { type SparseQueryOptions, sparseQuery } from '../query/query-builder.ts'
import {
  isProven,
  type TwoPhase,
  type TwoPhaseQuery,
  type TwoPhaseReport,
  twoPhaseQuery,
} from '../query/two-phase.ts'
import { preferenceOf } from './preference.ts'
import { type Ranking, type RankingContext, rankBy } from './ranking.ts'

/**
 * Ranks by the sparse query in two phases, where that is possible.
 *
 * @returns undefined when the whole query has to answer: no word piece is below the cut or all are, no hits are to be
 *   returned, all hits are to be counted or aggregated (the first phase does not see all), or the order is not by score
 */
export async function rankInTwoPhases(
  options: SparseQueryOptions,
  settings: Required<TwoPhase>,
  context: RankingContext,
): Promise<{ ranking: Ranking; twoPhase: TwoPhaseReport } | undefined> {
  const { from, size, trackTotalHits, aggregations, sort, collapse, minScore, boosts } = context.request
  const others = [aggregations, sort, collapse, minScore, boosts]
  if (trackTotalHits || size === 0 || others.some((one) => one !== undefined)) return undefined
  const phases = twoPhaseQuery(options, settings, from + size, context.limits.rescoreWindow)
  if (phases === undefined) return undefined
  const [ranking, bounds] = await Promise.all([
    rankBy({ query: phases.query, scale: 1 }, context, phases.rescore),
    settings.prove ? readBounds(phases, options, context) : undefined,
  ])
  const report = { cut: settings.cut, window: phases.window, lowTokens: phases.low.length }
  if (!settings.prove) return { ranking, twoPhase: report }
  const last = ranking.hits.length < size ? 0 : (ranking.hits.at(-1)?._score ?? 0)
  const exact = bounds !== undefined && isProven(bounds.behind, bounds.low, last)
  return { ranking, twoPhase: { ...report, exact } }
}

interface Bounds {
  readonly behind: number
  readonly low: readonly number[]
}

/**
 * Asks for the score behind the window and for the best score of each low piece alone. Nothing is cached: a document
 * written since could hold a larger weight. The proof thus holds for what was searchable at both requests.
 *
 * @returns undefined when the window ends where results may end
 */
async function readBounds(
  { query, low, window }: TwoPhaseQuery,
  { field, boost = 1 }: SparseQueryOptions,
  { client, request, limits }: RankingContext,
): Promise<Bounds | undefined> {
  const { index, timeoutMs } = request
  if (window >= limits.resultWindow) return undefined
  const header = { index, preference: preferenceOf(request), allow_partial_search_results: false }
  const one = { size: 1, track_total_hits: false, _source: false, stored_fields: '_none_' }
  const alone = low.map((token) => ({ ...one, query: sparseQuery({ field, tokens: [token], boost }) }))
  const reply = await client.msearch(
    {
      body: [{ ...one, query, from: window }, ...alone].flatMap((body) => [
        header,
        body,
      ]) as API.Msearch_RequestBody,
    },
    { requestTimeout: timeoutMs, maxRetries: 1 },
  )
  const [behind = 0, ...bounds] = reply.body.responses.map((response) => {
    const { error, status, hits } = response as Partial<{ error: EngineFailure; status: number; hits: Hits }>
    if (error !== undefined) throw translateEngineFailure(error, status, { part: 'search', index })
    return hits?.hits[0]?._score ?? 0
  })
  return { behind, low: bounds }
}

interface Hits {
  readonly hits: readonly { readonly _score?: number | null }[]
}
