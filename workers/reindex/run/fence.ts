import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../../mappings/sidecar.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'
import { countDocuments } from '../../../opensearch/internal-search.ts'
import { unsettled } from './encoding.ts'
import type { Checkpoints } from './state.ts'

/**
 * Number of copies of documents that the old index had up to these sequence numbers and that still have no vector, as
 * of the last refresh. Documents that clients write meanwhile never end and are not waited for.
 */
export async function waitingUpTo(
  client: Client,
  target: string,
  fingerprint: string,
  fence: Checkpoints,
): Promise<number> {
  const copiedFrom = `${SIDECAR}.copied_from`
  const should = Object.entries(fence).map(([shard, upTo]) => ({
    bool: {
      filter: [
        { term: { [`${copiedFrom}.shard`]: { value: Number(shard) } } },
        { range: { [`${copiedFrom}.seq_no`]: { lte: upTo } } },
      ],
    },
  }))
  const query = { bool: { filter: [unsettled(fingerprint)], should, minimum_should_match: 1 } }
  try {
    return should.length === 0 ? 0 : await countDocuments(client, { index: target, query })
  } catch (error) {
    throw translateEngineError(error, { part: 'reindex', index: target })
  }
}
