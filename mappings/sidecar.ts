/** Name of the object that Lexpand keeps beside a document's own fields. */
export const SIDECAR = 'lexpand'

/**
 * pending: the vector is missing or belongs to another text. ready: the vector belongs to this text. empty: there is no
 * text to encode. failed: the encoder or the engine refused the text; `error` says why.
 */
export type DocumentState = (typeof STATES)[number]

export const STATES = ['pending', 'ready', 'empty', 'failed'] as const

/** Lexpand's data about one document. It is stored in the document, because the engine cannot ask `rank_features` for existence. */
export interface Sidecar {
  readonly state: DocumentState
  /** See `textHash`; absent only where the ingest pipeline failed, so that the worker has to compute it. */
  readonly text_hash?: string | undefined
  /**
   * ISO 8601 time since when the text has waited for its vector; only while `pending`. For people and metrics: several
   * clocks write it, so no decision depends on it.
   */
  readonly pending_since?: string | undefined
  /** Fingerprint of the specification with which the vector was made. */
  readonly fingerprint?: string | undefined
  /** ISO 8601 time of the encoding. */
  readonly encoded_at?: string | undefined
  /** Number of word pieces in the text. */
  readonly tokens?: number | undefined
  /** Number of windows encoded and merged into the vector. */
  readonly windows?: number | undefined
  /** Number of word pieces that no window covered. */
  readonly truncated?: number | undefined
  /** Reason of the state `failed`. On a `ready` document: why its vector is noise, because the model can hardly read the text. */
  readonly error?: string | undefined
  /** Only in an index that `reindex` fills from another one: the version that this document is a copy of. */
  readonly copied_from?: CopiedFrom | undefined
}

/** A version of a document in the index that it was copied from. */
export interface CopiedFrom {
  readonly shard: number
  readonly seq_no: number
  readonly primary_term: number
}

/** The mapping is strict, so that a misspelt key in a write-back is refused instead of mapped. */
export const sidecarMapping = {
  type: 'object',
  dynamic: 'strict',
  properties: {
    state: { type: 'keyword' },
    text_hash: { type: 'keyword' },
    // A client may send anything: a malformed time must not fail its write.
    pending_since: { type: 'date', ignore_malformed: true },
    fingerprint: { type: 'keyword' },
    encoded_at: { type: 'date' },
    tokens: { type: 'integer' },
    windows: { type: 'integer' },
    truncated: { type: 'integer' },
    error: { type: 'text', index: false },
    copied_from: {
      type: 'object',
      properties: {
        shard: { type: 'integer' },
        seq_no: { type: 'long' },
        primary_term: { type: 'long', index: false },
      },
    },
  },
} as const

/** A query for documents in one of the states. It avoids `terms`, because an owner may limit its number of values. */
export function inStates(...states: readonly DocumentState[]) {
  const should = states.map((state) => ({ term: { [`${SIDECAR}.state`]: { value: state } } }))
  return { bool: { should, minimum_should_match: 1 } }
}

/** The keys of the sidecar; the ingest pipeline drops any other that a client sends. */
export const SIDECAR_KEYS = Object.keys(sidecarMapping.properties)
