import { SIDECAR, type Sidecar } from '../../../mappings/sidecar.ts'
import type { IndexSpecification } from '../../../mappings/specification.ts'
import { documentText } from '../../../mappings/text/document-text.ts'
import { textHash } from '../../../mappings/text/text-hash.ts'
import type { RawDocument } from '../../documents/raw-documents.ts'
import { emptySidecar, isSettled, pendingSidecar } from '../../documents/states.ts'

/** The form of a document in the other index. */
export interface Copy {
  readonly source: Readonly<Record<string, unknown>>
  /** Set when the document has to be encoded there. */
  readonly encode?: ToEncode | undefined
}

export interface ToEncode {
  readonly textHash: string | undefined
  readonly textBytes: number
}

/** The other index already has this very version. */
export interface Same {
  readonly same: true
  /** Set when the document still waits for its vector: its job may have been lost. */
  readonly encode?: ToEncode | undefined
}

/**
 * @param shard shard of the document in the index that it comes from
 * @param present document of this name in the other index
 */
export type Reshape = (document: RawDocument, shard: number, present: RawDocument | undefined) => Copy | Same

/**
 * Changes a document of the old index for the new one: the old vector and sidecar are removed, and the version that it
 * is a copy of is added. A vector is taken over, and not made again, when the document brings one of the new index's
 * fingerprint (only the mapping changes), or when the new index has one for the same text (another field was updated).
 */
export function towardsNew(old: IndexSpecification | undefined, wanted: IndexSpecification): Reshape {
  return (document, shard, present) => {
    const kept = sidecarOf(present)
    const origin = { shard, seq_no: document.seqNo, primary_term: document.primaryTerm }
    const from = kept?.copied_from
    if (
      from !== undefined &&
      from.shard === shard &&
      from.seq_no === origin.seq_no &&
      from.primary_term === origin.primary_term
    ) {
      const isPending = kept?.state === 'pending'
      return { same: true, encode: isPending ? { textHash: kept.text_hash, textBytes: 0 } : undefined }
    }
    return stamped(document, present, { from: old, to: wanted }, { copied_from: origin })
  }
}

/**
 * Changes a document of the new index back for the old one, for a roll-back. Into an index that Lexpand did not set up,
 * documents go back as they were: without vector and sidecar.
 */
export function towardsOld(old: IndexSpecification | undefined, current: IndexSpecification): Reshape {
  return (document, _shard, present) =>
    old === undefined
      ? { source: ownFields(document.source, [current]) }
      : stamped(document, present, { from: current, to: old }, {})
}

interface Move {
  /** Undefined for an index that Lexpand did not set up. */
  readonly from: IndexSpecification | undefined
  readonly to: IndexSpecification
}

function stamped(
  document: RawDocument,
  present: RawDocument | undefined,
  { from, to }: Move,
  more: Partial<Sidecar>,
): Copy {
  const own = ownFields(document.source, from === undefined ? [to] : [from, to])
  const { fields, fingerprint, sparse_field } = to
  const found = documentText(own, fields)
  // A field of a wrong type has a hash of its own, which numbers kept as written would change, so the worker makes it.
  const hash = 'error' in found ? undefined : textHash(own, fields)
  const settled =
    hash === undefined
      ? undefined
      : [carried(document, from?.sparse_field), carried(present, sparse_field)].find(
          ({ sidecar, hasVector }) =>
            isSettled(sidecar, hash, fingerprint) && hasVector === (sidecar?.state === 'ready'),
        )
  if (settled !== undefined) {
    const { copied_from: _, ...sidecar } = settled.sidecar as Sidecar
    const vector = settled.hasVector ? { [sparse_field]: settled.vector } : {}
    return { source: { ...own, ...vector, [SIDECAR]: { ...sidecar, ...more } } }
  }
  if ('text' in found && found.text === '' && hash !== undefined) {
    return { source: { ...own, [SIDECAR]: { ...emptySidecar(hash, fingerprint), ...more } } }
  }
  const sidecar: Sidecar = hash === undefined ? { state: 'pending' } : pendingSidecar(hash, new Date())
  const textBytes = 'text' in found ? Buffer.byteLength(found.text) : 0
  return { source: { ...own, [SIDECAR]: { ...sidecar, ...more } }, encode: { textHash: hash, textBytes } }
}

function carried(document: RawDocument | undefined, sparseField: string | undefined) {
  const vector = sparseField === undefined ? undefined : document?.source[sparseField]
  const hasVector = typeof vector === 'object' && vector !== null && Object.keys(vector).length > 0
  return { sidecar: sidecarOf(document), vector, hasVector }
}

function sidecarOf(document: RawDocument | undefined): Sidecar | undefined {
  const sidecar = document?.source[SIDECAR]
  return typeof sidecar === 'object' && sidecar !== null ? (sidecar as Sidecar) : undefined
}

function ownFields(
  source: Readonly<Record<string, unknown>>,
  specifications: readonly IndexSpecification[],
): Record<string, unknown> {
  const ours = new Set([SIDECAR, ...specifications.map(({ sparse_field }) => sparse_field)])
  // Pairs instead of an object under construction: a document may have a field `__proto__`.
  return Object.fromEntries(Object.entries(source).filter(([field]) => !ours.has(field)))
}
