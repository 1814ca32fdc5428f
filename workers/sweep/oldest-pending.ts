import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../mappings/sidecar.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import { stuckIds } from '../dead-letters/dead-letter-store.ts'

/**
 * Age in seconds of the text that has waited longest for its vector, as its sidecar says; 0 when none waits. Clocks of
 * the engine and of applications write that time, so it serves as a figure only. Documents that the engine refuses to
 * write are left out: they have a dead letter, and would hide for ever whether the others move.
 */
export async function oldestPendingSeconds(client: Client, index: string, now = new Date()): Promise<number> {
  const stuck = await stuckIds(client, index)
  const reply = await internalSearch(client, {
    index,
    body: {
      size: 0,
      track_total_hits: false,
      query: {
        bool: {
          filter: [{ term: { [`${SIDECAR}.state`]: { value: 'pending' } } }],
          ...(stuck.length === 0 ? {} : { must_not: [{ ids: { values: stuck } }] }),
        },
      },
      aggs: { oldest: { min: { field: `${SIDECAR}.pending_since` } } },
    },
  }).catch((error: unknown) => {
    throw translateEngineError(error, { part: 'sweep', index })
  })
  const { value } = (reply.body.aggregations?.oldest ?? {}) as { value?: number | null }
  return value === undefined || value === null ? 0 : Math.max(0, (now.getTime() - value) / 1_000)
}
