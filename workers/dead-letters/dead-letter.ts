import { createHash } from 'node:crypto'
import type { Sidecar } from '../../mappings/sidecar.ts'

/** Index that holds the dead letters of a cluster, for documents of all indices. */
export const DEAD_LETTERS = 'lexpand-dead-letters'

/**
 * Class of the reason why a document has no vector. text: a field has a wrong type. limit: the text is too long.
 * encoder: it fails on this text alone. mapper: the engine refuses to store the result. job: the encoder failed on
 * everything, again and again; such a document stays pending.
 */
export const REASON_CLASSES = ['text', 'limit', 'encoder', 'mapper', 'job'] as const
export type ReasonClass = (typeof REASON_CLASSES)[number]

/** Letter of one document that could not be encoded, without its text. It is written before the document becomes `failed`. */
export interface DeadLetter {
  /** Concrete index, not an alias. */
  readonly index: string
  readonly id: string
  readonly routing?: string | undefined
  readonly reason_class: ReasonClass
  /** The document's own cause. */
  readonly reason: string
  readonly stack?: string | undefined
  /** Number of attempts for this text, replays included. */
  readonly attempts: number
  readonly text_hash: string
  readonly fingerprint: string
  /** Time of the failure, ISO 8601. */
  readonly failed_at: string
  /** Sequence number of the version that failed. */
  readonly seq_no: number
  /** True where the engine refuses every write of the document, which therefore stays pending; sweeps leave it alone. */
  readonly state_refused?: boolean | undefined
}

/** The mapping is strict, so that no other index template adds fields. Reason and stack are displayed, not searched. */
export const deadLetterMapping = {
  dynamic: 'strict',
  properties: {
    index: { type: 'keyword' },
    id: { type: 'keyword' },
    routing: { type: 'keyword' },
    reason_class: { type: 'keyword' },
    reason: { type: 'text', index: false },
    stack: { type: 'text', index: false },
    attempts: { type: 'integer' },
    text_hash: { type: 'keyword' },
    fingerprint: { type: 'keyword' },
    failed_at: { type: 'date' },
    seq_no: { type: 'long' },
    state_refused: { type: 'boolean' },
  },
} as const

/** Id of the letter of a document: a document has one letter, however often it fails. */
export function deadLetterId(index: string, id: string, routing: string | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([index, id, routing ?? null]))
    .digest('base64url')
}

/**
 * What a letter still says about its document. failed: the document is unchanged since it failed. waiting: it is
 * pending again with the same text, after a replay. gone: it was deleted. changed: it has another text or a vector, so
 * the letter no longer applies.
 */
export type Standing = 'failed' | 'waiting' | 'gone' | 'changed'

export function standing(
  letter: Pick<DeadLetter, 'seq_no' | 'text_hash'>,
  document: { readonly seqNo: number; readonly sidecar: Sidecar | undefined } | undefined,
): Standing {
  if (document === undefined) return 'gone'
  const { seqNo, sidecar } = document
  if (seqNo === letter.seq_no) return 'failed'
  if (sidecar?.text_hash !== letter.text_hash) return 'changed'
  if (sidecar.state === 'failed') return 'failed'
  return sidecar.state === 'pending' ? 'waiting' : 'changed'
}
