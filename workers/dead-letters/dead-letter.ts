import { createHash } from 'node:crypto'
import type { Sidecar } from '../../mappings/sidecar.ts'

/** Index that holds the dead letters of a cluster, whatever index their documents are in. */
export const DEAD_LETTERS = 'lexpand-dead-letters'

/**
 * Why a document has no vector. text: a field has a wrong type. limit: too long. encoder: it throws on this text
 * alone. mapper: the engine refuses to store the result. job: the encoder failed on everything, again and again;
 * such a document stays pending.
 */
export const REASON_CLASSES = ['text', 'limit', 'encoder', 'mapper', 'job'] as const
export type ReasonClass = (typeof REASON_CLASSES)[number]

/** One document that could not be encoded; never its text. Written before the document becomes `failed`. */
export interface DeadLetter {
  /** Concrete index, no alias. */
  readonly index: string
  readonly id: string
  readonly routing?: string | undefined
  readonly reason_class: ReasonClass
  /** The document's own cause. */
  readonly reason: string
  readonly stack?: string | undefined
  /** How often this text was tried, replays included. */
  readonly attempts: number
  readonly text_hash: string
  readonly fingerprint: string
  /** ISO 8601. */
  readonly failed_at: string
  /** Version of the document that failed. */
  readonly seq_no: number
  /** The engine refuses to write anything to the document, so that it stays pending; a sweep leaves it alone. */
  readonly state_refused?: boolean | undefined
}

/** Strict, so that no other index template adds fields. Reason and stack are shown, not searched. */
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

/** Id of the letter of a document: one a document, however often it fails. */
export function deadLetterId(index: string, id: string, routing: string | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([index, id, routing ?? null]))
    .digest('base64url')
}

/**
 * What a letter still says about its document. failed: the document is as it was when it failed. waiting: it is
 * pending again with the same text, after a replay. gone: deleted. changed: it has another text or a vector, so the
 * letter says nothing any more.
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
