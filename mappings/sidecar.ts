/** Name of the object that Lexpand keeps beside a document's own fields. */
export const SIDECAR = 'lexpand'

/**
 * pending: the vector is missing or belongs to another text. ready: the vector belongs to this text.
 * empty: there is no text to encode. failed: the encoder or the engine refused it, `error` says why.
 */
export type DocumentState = 'pending' | 'ready' | 'empty' | 'failed'

/** What Lexpand knows of one document; stored in the document, because `rank_features` cannot be asked for existence. */
export interface Sidecar {
  readonly state: DocumentState
  /** See `textHash`; absent only where the ingest pipeline failed and the worker has to work it out. */
  readonly text_hash?: string | undefined
  /**
   * ISO 8601 time since when the text waits for its vector; only while `pending`. For people and metrics: several
   * clocks write it, so nothing is decided by it.
   */
  readonly pending_since?: string | undefined
  /** Fingerprint of the encoder set-up that made the vector. */
  readonly fingerprint?: string | undefined
  /** ISO 8601 time of the encoding. */
  readonly encoded_at?: string | undefined
  /** Word pieces in the text. */
  readonly tokens?: number | undefined
  /** Windows encoded and merged into the vector. */
  readonly windows?: number | undefined
  /** Word pieces that no window covered; 0 when all are. */
  readonly truncated?: number | undefined
  /** Why the state is `failed`. */
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

/** Strict, so that a misspelt key in a write-back is refused instead of mapped. */
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

/** A query for documents in one of the states. Not `terms`: an owner may bound the number of its values. */
export function inStates(...states: readonly DocumentState[]) {
  const should = states.map((state) => ({ term: { [`${SIDECAR}.state`]: { value: state } } }))
  return { bool: { should, minimum_should_match: 1 } }
}

/** The keys of the sidecar; the ingest pipeline drops any other that a client sends. */
export const SIDECAR_KEYS = Object.keys(sidecarMapping.properties)
