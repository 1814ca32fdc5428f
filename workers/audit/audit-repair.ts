import type { Client } from '@opensearch-project/opensearch'
import type { InstalledIndex } from '../../mappings/compatibility.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { emptySidecar, failedSidecar, pendingSidecar } from '../documents/states.ts'
import { writeBack } from '../documents/write-back.ts'
import type { WriteBackItem } from '../documents/write-back-item.ts'
import { jobDocument } from '../queue/job-data.ts'
import type { EncodeQueue, QueuedDocument } from '../queue/queue.ts'
import type { AuditedDocument, Verdict } from './audit-verdict.ts'

export interface RepairCounts {
  /** Documents queued for encoding. */
  queued: number
  /** Documents that a waiting job already names. */
  waiting: number
  /** Vectors removed from documents that should have none. */
  cleared: number
  /** Documents changed since they were read: the change repaired them, or the next audit finds them. */
  overtaken: number
}

type Judged = readonly [AuditedDocument, Verdict]

/** Number of documents handed to the queue at once. */
const BATCH = 1_000
const PATIENCE = { giveUpAfterMs: 60_000 }

/**
 * Repairs exactly what an audit found: pending, stale and foreign documents are queued, as are ready ones without a
 * vector (they are marked pending first, since a worker leaves ready documents alone); vectors of settled documents
 * that should have none are removed. Failed documents are left to `lexpand dead replay`, unless their text or the model
 * changed since.
 */
export class AuditRepair {
  readonly #client: Client
  readonly #target: InstalledIndex
  readonly #queue: Pick<EncodeQueue, 'add'>
  readonly #counts: RepairCounts
  #waiting: QueuedDocument[] = []

  constructor(client: Client, target: InstalledIndex, queue: Pick<EncodeQueue, 'add'>, counts: RepairCounts) {
    this.#client = client
    this.#target = target
    this.#queue = queue
    this.#counts = counts
  }

  async take(page: readonly Judged[]): Promise<void> {
    const rewrites: { readonly item: WriteBackItem; readonly encode: boolean }[] = []
    for (const judged of page) {
      const [document, { state, findings }] = judged
      const has = (finding: Verdict['findings'][number]) => findings.includes(finding)
      if (state === 'pending' || has('stale') || has('foreign'))
        this.#waiting.push({
          ...jobDocument({ ...document, textHash: document.hash }),
          textBytes: document.textBytes,
        })
      else if (has('vectorMissing')) rewrites.push({ item: asPending(document), encode: true })
      else if (has('orphanVector')) rewrites.push({ item: withoutVector(judged), encode: false })
    }
    await this.#rewrite(rewrites)
    if (this.#waiting.length >= BATCH) await this.finish()
  }

  async finish(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length === 0) return
    const { name, specification } = this.#target
    const added = await this.#queue.add(name, specification.fingerprint, waiting)
    this.#counts.queued += added.documents
    this.#counts.waiting += waiting.length - added.documents
  }

  async #rewrite(
    rewrites: readonly { readonly item: WriteBackItem; readonly encode: boolean }[],
  ): Promise<void> {
    const { name } = this.#target
    const items = rewrites.map(({ item }) => item)
    const results = await writeBack(this.#client, this.#target, items, PATIENCE)
    for (const [at, { item, encode }] of rewrites.entries()) {
      const { outcome, reason } = results[at] ?? { outcome: 'retry' }
      if (outcome === 'superseded' || outcome === 'deleted') this.#counts.overtaken++
      else if (outcome !== 'written') {
        throw new LexpandError(
          'SERVICE',
          `[audit] expected ${name} to take the repair of document ${JSON.stringify(item.id)}, got: ${reason ?? 'no answer'}. Run it again.`,
        )
      } else if (encode) this.#waiting.push(jobDocument({ ...item, textHash: item.sidecar.text_hash }))
      else this.#counts.cleared++
    }
  }
}

function asPending({ id, routing, seqNo, primaryTerm, hash }: AuditedDocument): WriteBackItem {
  return { id, routing, seqNo, primaryTerm, features: undefined, sidecar: pendingSidecar(hash) }
}

/** The state that {@link judge} found, without the vector: the document is settled for its present text and should have none. */
function withoutVector([document, { state }]: Judged): WriteBackItem {
  const { id, routing, seqNo, primaryTerm, hash, sidecar } = document
  const fingerprint = sidecar.fingerprint ?? ''
  const same =
    state === 'failed'
      ? failedSidecar(hash, fingerprint, sidecar.error ?? '')
      : emptySidecar(hash, fingerprint)
  return { id, routing, seqNo, primaryTerm, features: undefined, sidecar: same }
}
