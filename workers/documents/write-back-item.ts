import type { Sidecar } from '../../mappings/sidecar.ts'
import type { BulkOutcome } from '../../opensearch/failures/bulk-outcome.ts'

/** Identifies exactly one version of a document. */
export interface DocumentVersion {
  readonly id: string
  readonly routing?: string | undefined
  readonly seqNo: number
  readonly primaryTerm: number
}

/** The new state of one document, bound to the version that was read. */
export interface WriteBackItem extends DocumentVersion {
  /** The whole new vector, word piece -> weight; undefined removes the vector. */
  readonly features: ReadonlyMap<string, number> | undefined
  readonly sidecar: Sidecar
}

export interface WriteBackResult {
  readonly outcome: BulkOutcome
  /** The reason of any other outcome than `written`, without the text of the document. */
  readonly reason?: string | undefined
  /** Sequence number of the new version, if written. */
  readonly seqNo?: number | undefined
  readonly primaryTerm?: number | undefined
}
