import type { API, Client } from '@opensearch-project/opensearch'

/** A search for Lexpand's own bookkeeping; `index` and `preference` as the engine takes them; no index with a point in time. */
export type InternalSearch = Pick<
  API.Search_Request,
  'index' | 'preference' | 'request_cache' | 'ignore_unavailable'
> & { readonly body: object }

/**
 * The only way in which Lexpand searches an index for itself. Its owner may have set a default search pipeline
 * (`index.search.default_pipeline`) that hides, cuts or reorders documents: a count or a copy with it would lose the
 * hidden ones. The pipeline is therefore switched off, in the body, where `_search` and `_msearch` both accept it. An
 * answer of only some shards would be as wrong as a hidden document, so it is an error.
 *
 * `_count`, `_reindex` and `_update_by_query` obey the pipeline and have no such switch: they are used nowhere.
 *
 * @throws any error of the client
 */
export function internalSearch(
  client: Client,
  { body, ...request }: InternalSearch,
): Promise<API.Search_Response> {
  return client.search({
    ...request,
    allow_partial_search_results: false,
    body: { ...body, ...NO_PIPELINE } as API.Search_RequestBody,
  })
}

/** Several searches of one index in one request, each like {@link internalSearch}; failures are in the answers. */
export function internalSearches(
  client: Client,
  index: string,
  bodies: readonly object[],
): Promise<API.Msearch_Response> {
  const header = { index, allow_partial_search_results: false }
  const lines = bodies.flatMap((body) => [header, { ...body, ...NO_PIPELINE }])
  return client.msearch({ body: lines as API.Msearch_RequestBody })
}

/**
 * Counts documents, as of the last refresh; without a query, all documents of the index.
 *
 * @throws any error of the client, also when a shard does not answer
 */
export async function countDocuments(
  client: Client,
  {
    index,
    preference,
    query,
  }: { readonly index: string; readonly preference?: string; readonly query?: object },
): Promise<number> {
  const body = { size: 0, track_total_hits: true, ...(query === undefined ? {} : { query }) }
  const reply = await internalSearch(client, { index, preference, body })
  const { total } = reply.body.hits
  return typeof total === 'number' ? total : (total?.value ?? 0)
}

const NO_PIPELINE = { search_pipeline: '_none' }
