/** Outcome of a document in a job. */
export type DocumentOutcome = 'ready' | 'empty' | 'failed' | 'settled' | 'deleted' | 'superseded'

/**
 * Events worth measuring, reported where they happen. Calls are cheap and never throw: a metric must not fail a job.
 * `prometheus.ts` turns them into metrics.
 */
export interface Telemetry {
  documents(index: string, outcome: DocumentOutcome, count: number): void
  /** Seconds from the write of a text to the moment when its vector can be searched (state `ready`). */
  freshness(index: string, seconds: number): void
  stage(index: string, stage: 'read' | 'encode' | 'write', seconds: number): void
  /** Number of documents whose vector was reused instead of encoded. */
  reused(index: string, from: 'cache' | 'stored', count: number): void
  swept(
    index: string,
    sweep: { readonly scanned: number; readonly queued: number; readonly seconds: number },
  ): void
  /** Age in seconds of the oldest pending document; 0 when none waits. */
  oldestPending(index: string, seconds: number): void
  deadLetter(index: string, reasonClass: string, count: number): void
  /** The engine had no room: HTTP status of the refusal, 0 without an answer. */
  engineRefused(index: string, status: number): void
  /** Number of jobs that all workers together may have in flight now; Infinity without a limit. */
  pace(limit: number): void
  /** 95th percentile of the probe query in seconds, and whether encoders yield to searches because of it. */
  probe(seconds: number, isYielding: boolean): void
}

export const NO_TELEMETRY: Telemetry = {
  documents() {},
  freshness() {},
  stage() {},
  reused() {},
  swept() {},
  oldestPending() {},
  deadLetter() {},
  engineRefused() {},
  pace() {},
  probe() {},
}
