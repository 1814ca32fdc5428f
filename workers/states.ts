import type { Sidecar } from '../mappings/sidecar.ts'
import type { ExpandedText } from '../sparse/expand.ts'

/*
 * The state of a document and every way from one to the next. `H` is the hash of its present text, `F` the
 * fingerprint of the index; "settled" means that both stand in the sidecar.
 *
 * | from               | to      | who            | when                                                      |
 * | ------------------ | ------- | -------------- | --------------------------------------------------------- |
 * | (no document)      | pending | enqueue, hook  | a document with text is written                           |
 * | (no document)      | empty   | enqueue        | a document without text is written                        |
 * | (no sidecar)       | -       | sweep          | counts as pending: the index was there before Lexpand     |
 * | any                | pending | enqueue, hook  | a write leaves it unsettled; the old vector is dropped    |
 * | pending            | ready   | worker         | its text was encoded and it is still the version read     |
 * | pending            | empty   | worker         | its text is blank                                         |
 * | pending            | failed  | worker         | text of a wrong type, encoder fails on it alone, or the   |
 * |                    |         |                | engine refuses the vector (400)                           |
 * | ready, empty,      | itself  | worker         | settled: a second job for it does nothing                 |
 * | failed             |         |                |                                                           |
 * | any                | (gone)  | anybody        | deleted: the worker forgets it, never writes it again     |
 *
 * Every write of the worker carries if_seq_no and if_primary_term of the version that it read, so no transition
 * of another writer is ever undone.
 */

/** Longest reason stored in a document; engine reasons can quote whole documents. */
const MAX_ERROR_CHARACTERS = 1_000

/** Whether the worker has nothing to do for a document whose present text has this hash. */
export function isSettled(sidecar: Sidecar | undefined, hash: string, fingerprint: string): boolean {
  return (
    sidecar !== undefined &&
    sidecar.state !== 'pending' &&
    sidecar.text_hash === hash &&
    sidecar.fingerprint === fingerprint
  )
}

export function pendingSidecar(text_hash: string): Sidecar {
  return { state: 'pending', text_hash }
}

export function readySidecar(
  text_hash: string,
  fingerprint: string,
  expanded: Omit<ExpandedText, 'vector'>,
  encodedAt: Date,
): Sidecar {
  const { tokens, windows, truncated } = expanded
  return {
    state: 'ready',
    text_hash,
    fingerprint,
    encoded_at: encodedAt.toISOString(),
    tokens,
    windows,
    truncated,
  }
}

export function emptySidecar(text_hash: string, fingerprint: string): Sidecar {
  return { state: 'empty', text_hash, fingerprint }
}

export function failedSidecar(text_hash: string, fingerprint: string, reason: string): Sidecar {
  return { state: 'failed', text_hash, fingerprint, error: reason.slice(0, MAX_ERROR_CHARACTERS) }
}
