import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { QueryClause } from '../query/query-builder.ts'
import { rewritten } from '../query/rewrite.ts'
import { checkRequest } from './checked-request.ts'
import { feedBack } from './first-hits.ts'
import { planSearch, type SearchResources } from './plan.ts'
import { withBoosts } from './ranking.ts'
import { searchCacheOf } from './search-cache.ts'
import { LONGEST_QUERY, type SearchMode, type SearchRequest } from './search-request.ts'

/** Result of {@link buildQuery}, for applications that send requests to the engine themselves. */
export interface BuiltQuery {
  /** Value of `query` in a request, beside its sort, aggregations and collapse. */
  readonly query: QueryClause
  /** Scores of the engine are this factor times those that `search` returns. */
  readonly scale: number
  readonly mode: SearchMode
}

/** The options that determine a query; the other options of a request are independent of it. */
export type QueryRequest = Pick<
  SearchRequest,
  | 'index'
  | 'text'
  | 'history'
  | 'rewrite'
  | 'mode'
  | 'form'
  | 'idf'
  | 'idfScope'
  | 'fusion'
  | 'feedback'
  | 'filter'
  | 'operators'
  | 'boosts'
>

/**
 * Builds the query that `search` would send, without sending it; with feedback it asks for the first hits. It is as old
 * as the counts and hits in it, so build it anew for each search.
 *
 * @throws LexpandError as `search` does, and QUERY for fusions that are not a single query
 */
export async function buildQuery(
  client: Client,
  resources: SearchResources,
  request: QueryRequest,
): Promise<BuiltQuery> {
  const checked = checkRequest(request)
  try {
    const asked = await rewritten(checked, LONGEST_QUERY)
    const cache = resources.cache ?? searchCacheOf(client)
    const target = await cache.target(client, asked.index)
    const context = { ...resources, client, cache, target, request: asked }
    const plan = await planSearch(context)
    const { query, mode } = (await feedBack(plan, context)) ?? plan
    if (!('scale' in query)) throw twoLists(asked.fusion.type)
    return { query: withBoosts(query, asked), scale: query.scale, mode }
  } catch (error) {
    throw translateEngineError(error, { part: 'search', index: checked.index })
  }
}

function twoLists(fusion: string): LexpandError {
  return new LexpandError(
    'QUERY',
    `[search] expected fusion sum for a single query, got ${fusion}, which merges two lists. Leave fusion out.`,
  )
}
