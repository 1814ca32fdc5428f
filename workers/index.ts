export {
  type AuditCounts,
  type AuditOptions,
  type AuditResult,
  type AuditSample,
  audit,
  type IndexAudit,
} from './audit.ts'
export type { RepairCounts } from './audit-repair.ts'
export type { Finding } from './audit-verdict.ts'
export {
  DEAD_LETTERS,
  type DeadLetter,
  REASON_CLASSES,
  type ReasonClass,
  type Standing,
} from './dead-letter.ts'
export { type LetterFilter, standingLetters, type VerifiedLetter } from './dead-letter-pages.ts'
export {
  type DropReport,
  dropLetters,
  type ReplayOptions,
  type ReplayReport,
  type ReplayTarget,
  replayLetters,
} from './dead-letter-replay.ts'
export { type OnnxEncoder, type OnnxEncoderOptions, type OnnxModel, onnxEncoder } from './encoders/onnx.ts'
export {
  type EnqueueCounts,
  type EnqueueError,
  type EnqueueOptions,
  type EnqueueReport,
  type EnqueueTarget,
  enqueue,
} from './enqueue.ts'
export { type JobData, type JobDocument, parseJobData } from './job-data.ts'
export type { ProbeQuery } from './latency-guard.ts'
export type { SourceDocument } from './prepare-document.ts'
export type { WorkerStats } from './progress.ts'
export { type PrometheusOptions, type PrometheusTelemetry, prometheusTelemetry } from './prometheus.ts'
export { type EncodeQueue, encodeQueueName, openQueue, type QueuedDocument } from './queue.ts'
export { watchEncoder, watchQueue, watchWorker } from './queue-metrics.ts'
export { assertRedisSettings, connect } from './redis.ts'
export { watchStates } from './state-metrics.ts'
export { type LexpandIndex, lexpandIndices } from './sweep/lexpand-indices.ts'
export { type SweepOptions, type SweepProgress, type SweepReport, sweep } from './sweep/sweep.ts'
export { type RunningSweeper, type SweeperOptions, startSweeper } from './sweep/sweeper.ts'
export { type DocumentOutcome, NO_TELEMETRY, type Telemetry } from './telemetry.ts'
export {
  DEFAULT_CACHE_BYTES,
  openVectorCache,
  type VectorCache,
  type VectorCacheOptions,
} from './vector-cache.ts'
export { type RunningWorker, startWorker, type WorkerModel, type WorkerOptions } from './worker.ts'
