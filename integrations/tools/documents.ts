import type { API } from '@opensearch-project/opensearch'
import { SIDECAR, translateEngineError } from '../../mappings/index.ts'
import { abortable } from '../../opensearch/abortable.ts'
import type { QueryClause } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { textStart } from '../../sparse/text-start.ts'
import type { Scope } from './scope.ts'

/** The parts of a search that tools send; only this file adds the scope's filter and time. */
export interface ScopedRequest {
  readonly index: string
  readonly size: number
  readonly query: QueryClause
  readonly source?: API.Search_RequestBody['_source'] | undefined
  readonly aggregations?: Readonly<Record<string, object>> | undefined
  readonly countAll?: boolean | undefined
}

/**
 * Searches inside the scope. It goes through the search pipeline of the index, like every search of a user: documents
 * that the owner hides stay hidden.
 *
 * @throws LexpandError
 */
export async function scopedSearch(
  scope: Scope,
  { index, size, query, source = false, aggregations, countAll = false }: ScopedRequest,
  signal: AbortSignal,
): Promise<API.Search_ResponseBody> {
  const body = {
    size,
    query: { bool: { must: [query], filter: [...scope.filter] } },
    _source: source,
    track_total_hits: countAll,
    timeout: `${scope.timeoutMs}ms`,
    ...(aggregations === undefined ? {} : { aggregations }),
  } as API.Search_RequestBody
  try {
    const asked = scope.client.search({ index, body }, { requestTimeout: scope.timeoutMs, maxRetries: 1 })
    return (await abortable(asked, signal)).body
  } catch (error) {
    throw translateEngineError(error, { part: 'tools', index })
  }
}

export interface DocumentRequest {
  readonly index: string
  readonly id: string
  /** Fields to read. @default all but the sidecar and the vector */
  readonly source?: readonly string[] | undefined
}

export interface FoundDocument {
  readonly id: string
  readonly source: Readonly<Record<string, unknown>>
}

/**
 * Reads one document by a search and not by its id alone, so that the scope and the owner's rules hold.
 *
 * @throws LexpandError QUERY with the same message when there is no such document and when the scope hides it
 */
export async function readDocument(
  scope: Scope,
  { index, id, source }: DocumentRequest,
  signal: AbortSignal,
): Promise<FoundDocument> {
  const { specification } = await scope.resources.cache.target(scope.client, index)
  const reply = await scopedSearch(
    scope,
    {
      index,
      size: 1,
      query: { ids: { values: [id] } },
      source:
        source === undefined
          ? { excludes: [SIDECAR, specification.sparse_field] }
          : { includes: [...source] },
    },
    signal,
  )
  const [hit] = reply.hits.hits
  if (hit === undefined) {
    throw new LexpandError(
      'QUERY',
      `[tools] expected a document of ${index}, got none with the id ${JSON.stringify(textStart(id, 120))}. Take an id from a hit of search.`,
    )
  }
  return { id: hit._id ?? id, source: (hit._source ?? {}) as Record<string, unknown> }
}

/** Address of a document as a resource. */
export function documentUri(index: string, id: string): string {
  return `lexpand://${encodeURIComponent(index)}/${encodeURIComponent(id)}`
}
