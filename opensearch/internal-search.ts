import type { API, Client } from '@opensearch-project/opensearch'

/** A search for our own bookkeeping; `index` and `preference` as the engine takes them, no index with a point in time. */
export type InternalSearch = Pick<
  API.Search_Request,
  'index' | 'preference' | 'request_cache' | 'ignore_unavailable'
> & { readonly body: object }

/**
 * The one way in which Lexpand looks at an index for itself. An owner may have given the index a default search pipeline
 * (`index.search.default_pipeline`) that hides, cuts or reorders documents: a count or a copy with it would lose
 * the hidden ones. So it is switched off, in the body, where `_search` and `_msearch` both take it. An answer of some
 * shards only would be as wrong as a hidden document, and is an error instead.
 *
 * `_count`, `_reindex` and `_update_by_query` obey the pipeline and cannot be told otherwise: they are used nowhere.
 *
 * @throws whatever the client throws
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

/** Several searches of one index in one request, each as {@link internalSearch}; failures stand in the answers. */
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
 * Counts documents, as far as refreshed; all of the index without a query.
 *
 * @throws whatever the client throws, also when a shard does not answer
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
