import type { QueryToken } from '../../sparse/query/encode-query.ts'
import { feedbackCandidates, feedbackTokens, withFeedback } from '../query/feedback.ts'
import type { Plan, SearchContext } from './plan.ts'
import { rankBy } from './ranking.ts'
import type { FeedbackReport } from './search-request.ts'

/** A plan whose query the first hits have added to. */
export interface FedPlan extends Plan {
  /** Pieces of the query itself; `tokens` has the added ones, too. */
  readonly own: readonly QueryToken[]
  readonly report: FeedbackReport
  /** Id of the point in time after the search for the first hits. */
  readonly pitId?: string | undefined
  readonly engineTookMs: number
}

/**
 * Searches for the first hits and adds the heaviest pieces of their vectors to the query. The first hits are those of
 * the first page by score, whatever page, sort or collapse is asked for, so that all pages belong to one list. They
 * pass the filters, the post filter and the owner's search pipeline, as the hits of any search do.
 *
 * @returns undefined when nothing is to be added, or no first hit has a vector with pieces that the table queries
 * @throws LexpandError and errors of the engine as `search` does
 */
export async function feedBack(plan: Plan, context: SearchContext): Promise<FedPlan | undefined> {
  const { feedback, tokens: own } = plan
  if (feedback === undefined) return undefined
  const { client, request, target, cache } = context
  const limits = await cache.limits(client, target.asked)
  const { settings, first } = feedback
  const field = target.specification.sparse_field
  const ranking = await rankBy(first, {
    client,
    source: { includes: [field] },
    limits,
    request: {
      ...request,
      size: Math.min(settings.documents, limits.resultWindow),
      from: 0,
      sort: undefined,
      searchAfter: undefined,
      aggregations: undefined,
      collapse: undefined,
      minScore: undefined,
      trackTotalHits: false,
    },
  })
  const hits = ranking.hits.map(({ _id, _score, _source }) => ({
    id: _id ?? '',
    score: _score ?? 0,
    vector: _source?.[field],
  }))
  const candidates = feedbackCandidates(hits, settings.pieces, context)
  if (candidates.length === 0) return undefined
  const added = feedbackTokens(candidates, await feedback.weigh(candidates), own, settings)
  return {
    ...plan,
    ...feedback.with(added),
    own,
    tokens: withFeedback(own, added),
    report: {
      documents: hits.filter(({ vector }) => vector !== undefined).map(({ id }) => id),
      pieces: added.map(({ token, weight }) => ({ token, weight })),
    },
    pitId: ranking.pitId,
    engineTookMs: ranking.engineTookMs,
  }
}
