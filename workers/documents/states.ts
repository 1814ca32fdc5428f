import type { DocumentState, Sidecar } from '../../mappings/sidecar.ts'
import type { ExpandedText } from '../../sparse/expand.ts'
import { textStart } from '../../sparse/text-start.ts'

/**
 * The condition of a document. The four values of {@link DocumentState} are stored in the document; the others follow
 * from what it holds. unmarked: it has no sidecar, because it was there before Lexpand. stale: it is ready, empty or
 * failed for another text or fingerprint than the present one.
 */
export type Condition = 'absent' | 'unmarked' | 'stale' | DocumentState

/**
 * write: a text is stored through `enqueue` or the ingest pipeline, and the document holds no vector that fits it.
 * writeBlank: `enqueue` stores a document without text. bypass: a document is changed past the pipeline (partial update
 * in `_bulk`, `pipeline=_none`). encode, findBlank, fail: the worker's result. giveUp: a job ends for good without
 * encoding the document; only this job knew of the change. replay: a dead letter is tried again. remove: the document
 * is deleted.
 */
export type DocumentEvent =
  | 'write'
  | 'writeBlank'
  | 'bypass'
  | 'encode'
  | 'findBlank'
  | 'fail'
  | 'giveUp'
  | 'replay'
  | 'remove'

const STORED = { write: 'pending', writeBlank: 'empty', remove: 'absent' } as const
const WORKED_ON = { encode: 'ready', findBlank: 'empty', fail: 'failed' } as const

/**
 * All transitions; what is not listed never happens. The worker changes only documents that are not settled, and each
 * of its writes is bound to the version that it read, so no transition of another writer is ever undone. A deleted
 * document comes back only when a client writes it.
 */
export const TRANSITIONS = {
  absent: { write: 'pending', writeBlank: 'empty', bypass: 'unmarked' },
  unmarked: { ...STORED, ...WORKED_ON, bypass: 'unmarked' },
  pending: { ...STORED, ...WORKED_ON, bypass: 'pending' },
  stale: { ...STORED, ...WORKED_ON, bypass: 'stale', giveUp: 'pending' },
  ready: { ...STORED, bypass: 'stale' },
  empty: { ...STORED, bypass: 'stale' },
  failed: { ...STORED, bypass: 'stale', replay: 'pending' },
} as const satisfies Record<Condition, Partial<Record<DocumentEvent, Condition>>>

/** The condition after an event. @throws Error when the table lists no such transition, which is a defect of Lexpand */
export function conditionAfter(before: Condition, event: DocumentEvent): Condition {
  const ways: Partial<Record<DocumentEvent, Condition>> = TRANSITIONS[before]
  const next = ways[event]
  if (next === undefined) throw new Error(`a document that is ${before} cannot ${event}`)
  return next
}

/** @param hash hash of the present text @param fingerprint fingerprint of the index */
export function conditionOf(sidecar: Sidecar | undefined, hash: string, fingerprint: string): Condition {
  if (sidecar?.state === undefined) return 'unmarked'
  if (sidecar.state === 'pending') return 'pending'
  return sidecar.text_hash === hash && sidecar.fingerprint === fingerprint ? sidecar.state : 'stale'
}

/** Whether the worker has nothing to do for a document whose present text has this hash. */
export function isSettled(sidecar: Sidecar | undefined, hash: string, fingerprint: string): boolean {
  const condition = conditionOf(sidecar, hash, fingerprint)
  return condition === 'ready' || condition === 'empty' || condition === 'failed'
}

/** Longest reason stored in a document, in characters; reasons of the engine can quote whole documents. */
const MAX_ERROR_CHARACTERS = 1_000

/** @param event write is possible at any time, replay for a failed document only, giveUp for a stale one */
export function pendingSidecar(
  text_hash: string,
  now = new Date(),
  event: 'write' | 'replay' | 'giveUp' = 'write',
): Sidecar {
  const before = event === 'giveUp' ? 'stale' : 'failed'
  return { state: enter(event, before, 'pending'), text_hash, pending_since: now.toISOString() }
}

/** Facts about the text of a vector in its sidecar. */
export interface EncodedText extends Omit<ExpandedText, 'vector'> {
  readonly encodedAt: Date
  /** See `unreadableShare`. */
  readonly unreadable?: number | undefined
}

/** @param before the condition of the document that was read; by default one that has to be encoded */
export function readySidecar(
  text_hash: string,
  fingerprint: string,
  { tokens, windows, truncated, encodedAt, unreadable }: EncodedText,
  before: Condition = 'pending',
): Sidecar {
  return {
    state: enter('encode', before, 'ready'),
    text_hash,
    fingerprint,
    encoded_at: encodedAt.toISOString(),
    tokens,
    windows,
    truncated,
    ...(unreadable === undefined ? {} : { error: noise(unreadable) }),
  }
}

/** Stored in `error`, which every sidecar has had from the start: a new key would break the strict mappings of older indices. */
function noise(share: number): string {
  return `unreadable: ${Math.round(share * 100)}% of the first word pieces are unknown or single letters`
}

export function emptySidecar(text_hash: string, fingerprint: string, before: Condition = 'pending'): Sidecar {
  return { state: enter('findBlank', before, 'empty'), text_hash, fingerprint }
}

export function failedSidecar(
  text_hash: string,
  fingerprint: string,
  reason: string,
  before: Condition = 'pending',
): Sidecar {
  return {
    state: enter('fail', before, 'failed'),
    text_hash,
    fingerprint,
    error: textStart(reason, MAX_ERROR_CHARACTERS),
  }
}

/** The stored state after an event; it has to equal the one that the caller writes. */
function enter<State extends DocumentState>(event: DocumentEvent, before: Condition, expected: State): State {
  const next = conditionAfter(before, event)
  if (next !== expected) throw new Error(`${event} of a ${before} document makes it ${next}, not ${expected}`)
  return expected
}
