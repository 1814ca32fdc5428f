import type { DocumentState, Sidecar } from '../../mappings/sidecar.ts'

/** The parts of a document that an audit reads. */
export interface AuditedDocument {
  readonly id: string
  readonly routing?: string | undefined
  readonly seqNo: number
  readonly primaryTerm: number
  readonly sidecar: Partial<Sidecar & { readonly pending_since: string }>
  /** Hash of the present text of the document. */
  readonly hash: string
  /** UTF-8 bytes of that text. */
  readonly textBytes: number
  /** Number of word pieces of the stored vector, -1 without a vector; undefined where `_source` does not keep vectors. */
  readonly vectorSize: number | undefined
}

/**
 * Findings about a document beside its state. Problems: overdue (pending for longer than the grace time, or for an
 * unknown time), failed, stale (settled for another text), foreign (settled by another model or specification),
 * vectorMissing (ready without a vector, or with an empty one), orphanVector (a vector in another state). Facts that
 * are no problems: truncated (word pieces beyond the last window), oversized (text beyond the worker's limit, for which the
 * document is failed) and unreadable (the worker found that its model can hardly read the text).
 */
export type Finding = (typeof FINDINGS)[number]

const PROBLEM_FINDINGS = ['overdue', 'failed', 'stale', 'foreign', 'vectorMissing', 'orphanVector'] as const

export const FINDINGS = [...PROBLEM_FINDINGS, 'truncated', 'oversized', 'unreadable'] as const

/** Findings that an audit of a healthy index never has. */
export const PROBLEMS: ReadonlySet<Finding> = new Set(PROBLEM_FINDINGS)

export interface AuditRule {
  /** Fingerprint of the index. */
  readonly fingerprint: string
  readonly maxTextBytes: number
  /** Milliseconds since 1970. */
  readonly now: number
  readonly graceMs: number
}

export interface Verdict {
  /** State of the document; one without a sidecar is pending, since it was there before Lexpand. */
  readonly state: DocumentState
  readonly findings: readonly Finding[]
}

export function judge(document: AuditedDocument, rule: AuditRule): Verdict {
  const { sidecar, vectorSize } = document
  const state = isSettledState(sidecar.state) ? sidecar.state : 'pending'
  const isSettled = state !== 'pending'
  const found: Record<Finding, boolean> = {
    overdue: !isSettled && isOverdue(sidecar.pending_since, rule),
    failed: state === 'failed',
    stale: isSettled && sidecar.text_hash !== document.hash,
    foreign: isSettled && sidecar.fingerprint !== rule.fingerprint,
    vectorMissing: state === 'ready' && vectorSize !== undefined && vectorSize <= 0,
    orphanVector: state !== 'ready' && vectorSize !== undefined && vectorSize >= 0,
    truncated: (sidecar.truncated ?? 0) > 0,
    oversized: document.textBytes > rule.maxTextBytes,
    unreadable: state === 'ready' && typeof sidecar.error === 'string',
  }
  return { state, findings: FINDINGS.filter((finding) => found[finding]) }
}

function isSettledState(state: unknown): state is Exclude<DocumentState, 'pending'> {
  return state === 'ready' || state === 'empty' || state === 'failed'
}

function isOverdue(since: unknown, { now, graceMs }: AuditRule): boolean {
  const at = typeof since === 'string' ? Date.parse(since) : Number.NaN
  return Number.isNaN(at) || now - at > graceMs
}
