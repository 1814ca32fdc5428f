import type { API, Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../../mappings/sidecar.ts'
import { acknowledged } from '../../../opensearch/failures/acknowledged.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'

/** Key of `_meta` for the specification of an index that another one has replaced. */
export const RETIRED = `${SIDECAR}_retired`

/**
 * Marks an index that is kept for a roll-back as retired: sweepers pass it by, and jobs for it, which could not write
 * to it, end. Needs `indices:admin/mapping/put`.
 */
export function retire(client: Client, index: string): Promise<void> {
  return rename(client, index, SIDECAR, RETIRED)
}

/** Undoes {@link retire}. */
export function reinstate(client: Client, index: string): Promise<void> {
  return rename(client, index, RETIRED, SIDECAR)
}

/** Renames a key of `_meta`; running it again changes nothing. */
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
