import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR, type Sidecar, translateEngineError } from '../../mappings/index.ts'
import { resultWindow } from '../../opensearch/index-limits.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'

/** Numbers of documents of an index by state, as of the last refresh. */
export interface StateCounts {
  readonly documents: number
  readonly ready: number
  /** Documents without a sidecar count as pending: they were there before Lexpand. */
  readonly pending: number
  readonly empty: number
  readonly failed: number
}

/** @throws LexpandError INDEX or SERVICE, never an error of the client library */
export async function countStates(client: Client, index: string): Promise<StateCounts> {
  const inState = (state: string) => ({ filter: { term: { [`${SIDECAR}.state`]: { value: state } } } })
  const { documents, aggregations } = await count<'ready' | 'empty' | 'failed', { doc_count: number }>(
    client,
    index,
    { aggs: { ready: inState('ready'), empty: inState('empty'), failed: inState('failed') } },
  )
  const [ready, empty, failed] = [
    aggregations.ready.doc_count,
    aggregations.empty.doc_count,
    aggregations.failed.doc_count,
  ]
  return { documents, ready, pending: documents - ready - empty - failed, empty, failed }
}

/** Documents whose text is longer than their windows. */
export interface Truncation {
  readonly documents: number
  /** Share of the word pieces of these documents that no window covered, 0 to 1. */
  readonly share: number
}

/** @throws LexpandError INDEX or SERVICE, never an error of the client library */
export async function countTruncated(client: Client, index: string): Promise<Truncation> {
  const {
    documents,
    aggregations: { truncated, tokens },
  } = await count<'truncated' | 'tokens', { value: number }>(client, index, {
    query: { range: { [`${SIDECAR}.truncated`]: { gt: 0 } } },
    aggs: {
      truncated: { sum: { field: `${SIDECAR}.truncated` } },
      tokens: { sum: { field: `${SIDECAR}.tokens` } },
    },
  })
  return { documents, share: tokens.value === 0 ? 0 : truncated.value / tokens.value }
}

async function count<Name extends string, Value>(
  client: Client,
  index: string,
  body: { readonly query?: object; readonly aggs: Readonly<Record<Name, object>> },
): Promise<{ documents: number; aggregations: Record<Name, Value> }> {
  try {
    const reply = await internalSearch(client, { index, body: { size: 0, track_total_hits: true, ...body } })
    const { total } = reply.body.hits
    const documents = typeof total === 'number' ? total : (total?.value ?? 0)
    return { documents, aggregations: reply.body.aggregations as Record<Name, Value> }
  } catch (error) {
    throw translateEngineError(error, { part: 'index', index })
  }
}

/** The first failed documents with their stored reasons. @throws LexpandError INDEX or SERVICE */
export async function failedDocuments(
  client: Client,
  index: string,
  size: number,
): Promise<{ id: string; reason: string }[]> {
  const reply = await internalSearch(client, {
    index,
    body: {
      size: Math.min(size, await resultWindow(client, index)),
      query: { term: { [`${SIDECAR}.state`]: { value: 'failed' } } },
      _source: [SIDECAR],
    },
  })
  return reply.body.hits.hits.map(({ _id, _source }) => {
    const { error } = (_source as { [SIDECAR]?: Sidecar } | undefined)?.[SIDECAR] ?? {}
    return { id: _id ?? '', reason: error ?? 'no reason stored' }
  })
}
