import type { Client } from '@opensearch-project/opensearch'
import { inStates } from '../../mappings/index.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'

/**
 * Share of the documents that a sparse query can find or that have no text, 0 to 1: states `ready` and `empty` over all
 * documents, including those without a sidecar. The coverage of an index without documents is 1. Counted as of the last
 * refresh, like any search.
 */
export async function measureCoverage(client: Client, index: string): Promise<number> {
  const reply = await internalSearch(client, {
    index,
    body: {
      size: 0,
      track_total_hits: true,
      aggs: { covered: { filter: inStates('ready', 'empty') } },
    },
  })
  const { total } = reply.body.hits
  const documents = typeof total === 'number' ? total : (total?.value ?? 0)
  const { covered } = reply.body.aggregations as { covered: { doc_count: number } }
  return documents === 0 ? 1 : covered.doc_count / documents
}
