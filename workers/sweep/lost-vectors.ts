import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { EngineDenied } from '../../opensearch/failures/denied.ts'
import { EngineBusy } from '../../opensearch/failures/transient.ts'
import { pendingSidecar } from '../documents/states.ts'
import { writeBack } from '../documents/write-back.ts'
import type { DocumentVersion } from '../documents/write-back-item.ts'
import { jobDocument } from '../queue/job-data.ts'
import type { QueuedDocument } from '../queue/queue.ts'

/** A document in state `ready` that has lost its vector, with the hash of its text. */
export interface LostVector extends DocumentVersion {
  readonly hash: string
}

const PATIENCE = { giveUpAfterMs: 10_000 }

/**
 * Makes documents pending that lost their vectors: a worker would otherwise leave them alone. A document that was
 * changed since it was read, or that the engine refuses to write, is left as it is: the next sweep sees the change, and
 * the audit reports the refused one.
 *
 * @returns documents to queue
 * @throws EngineBusy when the engine has no room, EngineDenied when the user may not write: the page has to be swept
 *   again
 */
export async function markLost(
  client: Client,
  index: string,
  specification: IndexSpecification,
  lost: readonly LostVector[],
): Promise<QueuedDocument[]> {
  const items = lost.map(({ hash, ...version }) => ({
    ...version,
    features: undefined,
    sidecar: pendingSidecar(hash),
  }))
  const results = await writeBack(client, { name: index, specification }, items, PATIENCE)
  return lost.flatMap(({ id, routing, hash }, at) => {
    const { outcome, reason = 'no answer', seqNo = 0, primaryTerm = 0 } = results[at] ?? { outcome: 'retry' }
    if (outcome === 'retry') throw new EngineBusy('sweep', index, reason)
    if (outcome === 'denied')
      throw new EngineDenied(`[sweep] expected to mark documents of ${index}, got: ${reason}`)
    if (outcome !== 'written') return []
    return jobDocument({ id, routing, seqNo, primaryTerm, textHash: hash })
  })
}
