/** Every code of a Lexpand error, with the exit status of the command line. */
export const ERROR_CODES = {
  /** An option, environment variable or call argument is wrong: the caller must change the call. */
  CONFIGURATION: 2,
  /** A document, line or file of the input cannot be used. */
  INPUT: 1,
  /** A model folder is incomplete, damaged, unknown, or contradicts its manifest. */
  MODEL: 1,
  /** An index is missing, read-only, or was built with another fingerprint. */
  INDEX: 1,
  /** A query cannot be built: no word pieces, too many clauses, weight out of range. */
  QUERY: 1,
  /** The encoder failed on a text or its process died. */
  ENCODER: 1,
  /** OpenSearch or Redis cannot be reached, refuses the login, or has settings that lose data. */
  SERVICE: 1,
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/**
 * The one error class of Lexpand. Messages follow "[part] expected X, got Y. Do Z." so that
 * a reader of the log line alone knows what to do next.
 */
export class LexpandError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'LexpandError'
    this.code = code
  }
}
