import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../mappings/index.ts'
import { DEFAULT_LIMITS, type IndexLimits } from '../../opensearch/index-limits.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { QueryToken } from '../../sparse/query/encode-query.ts'
import { rewritten } from '../query/rewrite.ts'
import type { TwoPhaseReport } from '../query/two-phase.ts'
import { checkRequest } from './checked-request.ts'
import { feedBack } from './first-hits.ts'
import { searchHit } from './hits.ts'
import { ownerPipeline } from './owner-pipeline.ts'
import { type Plan, planSearch, type SearchContext, type SearchResources } from './plan.ts'
import { fuseInClient, fuseInEngine, type Ranking, type RankingContext, rankBy } from './ranking.ts'
import { type SearchCache, searchCacheOf } from './search-cache.ts'
import {
  type FeedbackReport,
  LONGEST_QUERY,
  type SearchRequest,
  type SearchResult,
} from './search-request.ts'
import type { SearchTarget } from './search-target.ts'
import { sourceFilter } from './source-fields.ts'
import { rankInTwoPhases } from './two-phase-ranking.ts'

/**
 * Answers a query from text to hits. No model runs: the text is cut into word pieces, weighted by the table, and the
 * engine does the rest.
 *
 * Needs `indices:data/read/search`, `indices:data/read/msearch` (hybrid in the client), `indices:admin/mappings/get`,
 * and `cluster:monitor/nodes/info` for the engine's own hybrid (without it the client fuses) with
 * `indices:monitor/settings/get`, and `indices:admin/validate/query` to use the plugin (without it, the stock form).
 *
 * @typeParam Source source of the documents; it is not checked
 * @throws LexpandError QUERY for a request that is wrong or a query that cannot be run, INDEX for an index that is
 *   missing or made with another model (both hashes in the message), SERVICE when the engine does not answer
 */
export async function search<Source = Readonly<Record<string, unknown>>>(
  client: Client,
  resources: SearchResources,
  request: SearchRequest,
): Promise<SearchResult<Source>> {
  const started = performance.now()
  const checked = checkRequest(request)
  const cache = resources.cache ?? searchCacheOf(client)
  try {
    const asked = await rewritten(checked, LONGEST_QUERY)
    const target = await cache.target(client, checked.index)
    const context = { ...resources, client, cache, target, request: asked }
    const answer = await answerFrom(context)
    if (!looksMoved(answer.ranking, target)) return resultOf<Source>(answer, context, started)
    // The alias may point elsewhere since its specification was read, so that the query named fields of another index.
    cache.forget(checked.index)
    const current = await cache.target(client, checked.index)
    const anew = { ...context, target: current }
    const again = isSame(current, target) ? answer : await answerFrom(anew)
    return resultOf<Source>(again, anew, started)
  } catch (error) {
    throw translateEngineError(error, { part: 'search', index: checked.index })
  }
}

interface Answer extends Plan {
  readonly ranking: Ranking
  /** Pieces of the query itself, where the first hits added others. */
  readonly own?: readonly QueryToken[] | undefined
  readonly report?: FeedbackReport | undefined
  readonly twoPhase?: TwoPhaseReport | undefined
}

async function answerFrom(context: SearchContext): Promise<Answer> {
  const { client, target, request } = context
  const plan = await planSearch(context)
  const fed = await feedBack(plan, context)
  const pit = request.pit && { ...request.pit, id: fed?.pitId ?? request.pit.id }
  const answer = await rankedBy(fed ?? plan, context, {
    client,
    request: { ...request, pit },
    source: sourceFilter(request, target.specification),
    limits: await limitsOf(fed ?? plan, context),
  })
  if (fed === undefined) return answer
  const { own, report, engineTookMs } = fed
  const ranking = { ...answer.ranking, engineTookMs: answer.ranking.engineTookMs + engineTookMs }
  return { ...answer, own, report, ranking }
}

/** A single query needs no limits: the engine itself reports what exceeds them. */
function limitsOf({ query }: Plan, { client, target, request, cache }: SearchContext): Promise<IndexLimits> {
  const isSingle = 'scale' in query && request.twoPhase === undefined
  return isSingle ? Promise.resolve(DEFAULT_LIMITS) : cache.limits(client, target.asked)
}

async function rankedBy(plan: Plan, { cache }: SearchContext, context: RankingContext): Promise<Answer> {
  const { query, sparse } = plan
  const { fusion, twoPhase } = context.request
  if (!('scale' in query)) {
    const ranking =
      fusion.type === 'min_max' && (await fusesInEngine(context, cache))
        ? await fuseInEngine(query, fusion.bm25Weight, context)
        : await fuseInClient(query, context)
    return { ...plan, ranking }
  }
  const phased =
    twoPhase !== undefined && sparse !== undefined && sparse.form !== 'lexpand'
      ? await rankInTwoPhases(sparse, twoPhase, context)
      : undefined
  return { ...plan, ...(phased ?? { ranking: await rankBy(query, context) }) }
}

/** Whether the engine may fuse: it fuses by a pipeline inside the request, which would replace the owner's. */
async function fusesInEngine({ client, request }: RankingContext, cache: SearchCache): Promise<boolean> {
  const { fuseIn, index } = request
  if (fuseIn === 'client' || (fuseIn === undefined && !(await cache.hasNeuralSearch(client)))) return false
  const pipeline = await ownerPipeline(client, index)
  if (pipeline === undefined) return true
  if (fuseIn === undefined) return false
  throw new LexpandError(
    'QUERY',
    `[search] expected an index without a default search pipeline to fuse in the engine, got ${pipeline} on ${index}: the fusion's own pipeline would take its place, and a filter in it would not hold. Leave fuseIn out, or set it to client.`,
  )
}

/** Whether an alias may have moved: there are no hits, or hits of another index than those whose specification was used. */
function looksMoved({ hits }: Ranking, { names }: SearchTarget): boolean {
  return hits.length === 0 || hits.some(({ _index }) => !names.includes(_index ?? ''))
}

function isSame(a: SearchTarget, b: SearchTarget): boolean {
  return (
    a.names.join() === b.names.join() &&
    a.vectorType === b.vectorType &&
    a.specification.fingerprint === b.specification.fingerprint
  )
}

function resultOf<Source>(
  { mode, coverage, balance, tokens, own, report, ranking, twoPhase }: Answer,
  { target, tokenizer, request }: SearchContext,
  started: number,
): SearchResult<Source> {
  const context = { request, mode, index: target, tokenizer, tokens, own, balance }
  const hits = ranking.hits.map((hit) => searchHit<Source>(hit, context))
  return {
    mode,
    tookMs: performance.now() - started,
    engineTookMs: ranking.engineTookMs,
    total: ranking.total,
    coverage,
    balance,
    aggregations: ranking.aggregations,
    pitId: ranking.pitId,
    feedback: report,
    twoPhase,
    hits,
  }
}
