/** Outcomes of the documents of a job; each document is in exactly one of the counts `ready` to `superseded`. */
export interface JobReport {
  /** Encoded and written. */
  ready: number
  /** Have no text and are marked so. */
  empty: number
  /** Have a dead letter with the reason; see `failures`. */
  failed: number
  /** Needed nothing: another job was there first. */
  settled: number
  /** No longer exist. */
  deleted: number
  /** Changed again and again while they were encoded; they stay pending for the next sweep. */
  superseded: number
  /** Vectors taken from the cache instead of the encoder. */
  cached: number
  /** Documents with a new vector in a language or script that the model can hardly read. */
  unreadable: number
  /** Documents with a new vector that are longer than their windows. */
  truncated: number
  /** Word pieces that were encoded. */
  tokens: number
  readonly failures: { readonly id: string; readonly reason: string }[]
  readMs: number
  encodeMs: number
  writeMs: number
}

export function emptyReport(): JobReport {
  return {
    ready: 0,
    empty: 0,
    failed: 0,
    settled: 0,
    deleted: 0,
    superseded: 0,
    cached: 0,
    unreadable: 0,
    truncated: 0,
    tokens: 0,
    failures: [],
    readMs: 0,
    encodeMs: 0,
    writeMs: 0,
  }
}
