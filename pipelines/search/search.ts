import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { QueryClause } from '../query/query-builder.ts'
import type { TwoPhaseReport } from '../query/two-phase.ts'
import { checkRequest } from './checked-request.ts'
import { searchHit } from './hits.ts'
import { ownerPipeline } from './owner-pipeline.ts'
import { type Plan, planSearch, type SearchContext, type SearchResources } from './plan.ts'
import {
  fuseInClient,
  fuseInEngine,
  type Ranking,
  type RankingContext,
  rankBy,
  withBoosts,
} from './ranking.ts'
import { searchCacheOf } from './search-cache.ts'
import type { SearchMode, SearchRequest, SearchResult } from './search-request.ts'
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
  const context: SearchContext = { ...resources, client, cache, request: checked }
  try {
    const target = await cache.target(client, checked.index)
    const answer = await answerFrom(target, context)
    if (!looksMoved(answer.ranking, target)) return resultOf<Source>(answer, target, context, started)
    // The alias may point elsewhere since its specification was read, so that the query named fields of another index.
    cache.forget(checked.index)
    const current = await cache.target(client, checked.index)
    const again = isSame(current, target) ? answer : await answerFrom(current, context)
    return resultOf<Source>(again, current, context, started)
  } catch (error) {
    throw translateEngineError(error, { part: 'search', index: checked.index })
  }
}

/** Result of {@link buildQuery}, for applications that send requests to the engine themselves. */
export interface BuiltQuery {
  /** Value of `query` in a request, beside its sort, aggregations and collapse. */
  readonly query: QueryClause
  /** Scores of the engine are this factor times those that `search` returns. */
  readonly scale: number
  readonly mode: SearchMode
}

/**
 * Builds the query that {@link search} would send, without sending it. It is as old as the counts in it, so build it
 * anew for each search.
 *
 * @throws LexpandError as {@link search} does, and QUERY for fusions that are not a single query
 */
export async function buildQuery(
  client: Client,
  resources: SearchResources,
  request: Pick<
    SearchRequest,
    'index' | 'text' | 'history' | 'mode' | 'form' | 'idf' | 'fusion' | 'filter' | 'operators' | 'boosts'
  >,
): Promise<BuiltQuery> {
  const checked = checkRequest(request)
  const cache = resources.cache ?? searchCacheOf(client)
  const target = await cache.target(client, checked.index)
  const { query, mode } = await planSearch(target, { ...resources, client, cache, request: checked })
  if (!('scale' in query)) {
    throw new LexpandError(
      'QUERY',
      `[search] expected fusion sum for a single query, got ${checked.fusion.type}, which merges two lists. Leave fusion out.`,
    )
  }
  return { query: withBoosts(query, checked), scale: query.scale, mode }
}

interface Answer extends Plan {
  readonly ranking: Ranking
  readonly twoPhase?: TwoPhaseReport | undefined
}

async function answerFrom(target: SearchTarget, search: SearchContext): Promise<Answer> {
  const { client, request } = search
  const plan = await planSearch(target, search)
  const context: RankingContext = { client, request, source: sourceFilter(request, target.specification) }
  const { query, sparse } = plan
  if (!('scale' in query)) {
    const { fusion } = request
    const ranking =
      fusion.type === 'min_max' && (await fusesInEngine(search))
        ? await fuseInEngine(query, fusion.bm25Weight, context)
        : await fuseInClient(query, context)
    return { ...plan, ranking }
  }
  const { twoPhase } = request
  const phased =
    twoPhase !== undefined && sparse !== undefined && sparse.form !== 'lexpand'
      ? await rankInTwoPhases(sparse, twoPhase, context)
      : undefined
  return { ...plan, ...(phased ?? { ranking: await rankBy(query, context) }) }
}

/** Whether the engine may fuse: it fuses by a pipeline inside the request, which would replace the owner's. */
async function fusesInEngine({ client, cache, request }: SearchContext): Promise<boolean> {
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
  { mode, coverage, balance, tokens, ranking, twoPhase }: Answer,
  target: SearchTarget,
  { tokenizer, request }: SearchContext,
  started: number,
): SearchResult<Source> {
  const context = { request, mode, index: target, tokenizer, tokens, balance }
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
    twoPhase,
    hits,
  }
}
