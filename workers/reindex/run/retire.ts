import type { API, Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../../mappings/sidecar.ts'
import { acknowledged } from '../../../opensearch/failures/acknowledged.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'

/** Where the specification of an index stands whose place another one has taken. */
export const RETIRED = `${SIDECAR}_retired`

/**
 * Takes an index that is kept for a roll-back off the list of those to be encoded: sweepers pass it by, and jobs for
 * it, which could not write to it, end. Needs `indices:admin/mapping/put`.
 */
export function retire(client: Client, index: string): Promise<void> {
  return rename(client, index, SIDECAR, RETIRED)
}

/** Puts it back on the list. */
export function reinstate(client: Client, index: string): Promise<void> {
  return rename(client, index, RETIRED, SIDECAR)
}

/** Running it again changes nothing. */
async function rename(client: Client, index: string, from: string, to: string): Promise<void> {
  try {
    const reply = await client.indices.getMapping({ index })
    const { [from]: moved, ...rest } = reply.body[index]?.mappings._meta ?? {}
    if (moved === undefined) return
    // The engine replaces `_meta` as a whole.
    const body = { _meta: { ...rest, [to]: moved } } as API.Indices_PutMapping_RequestBody
    await acknowledged(client.indices.putMapping({ index, body }), { part: 'reindex', index })
  } catch (error) {
    throw translateEngineError(error, { part: 'reindex', index })
  }
}
