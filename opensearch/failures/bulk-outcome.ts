import type { EngineFailure } from './engine-failure.ts'

/**
 * Outcome of one item of a bulk request.
 *
 * written: 2xx. superseded: 409, the document changed since it was read. deleted: 404, the document or index is gone.
 * retry: the engine has no room or is blocked; the item itself is fine. denied: 401 or 403, the user may not write now,
 * whatever the item is. rejected: any other status, the item will never be accepted.
 */
export type BulkOutcome = 'written' | 'superseded' | 'deleted' | 'retry' | 'denied' | 'rejected'

/** Blocks (read-only, disk full, no cluster manager) have status 403 or 429 and are lifted again. */
export const BLOCKED = 'cluster_block_exception'
const BUSY_STATUS = new Set([408, 429, 500, 502, 503, 504])

export function outcomeOf(status: number, failure?: EngineFailure): BulkOutcome {
  if (status >= 200 && status < 300) return 'written'
  if (status === 409) return 'superseded'
  if (status === 404) return 'deleted'
  if (BUSY_STATUS.has(status) || failure?.type === BLOCKED) return 'retry'
  if (status === 401 || status === 403) return 'denied'
  return 'rejected'
}
