export {
  type AuditCounts,
  type AuditOptions,
  type AuditResult,
  type AuditSample,
  audit,
  type IndexAudit,
} from './audit/audit.ts'
export type { RepairCounts } from './audit/audit-repair.ts'
export type { Finding } from './audit/audit-verdict.ts'
export {
  DEAD_LETTERS,
  type DeadLetter,
  REASON_CLASSES,
  type ReasonClass,
  type Standing,
} from './dead-letters/dead-letter.ts'
export { type LetterFilter, standingLetters, type VerifiedLetter } from './dead-letters/dead-letter-pages.ts'
export {
  type DropReport,
  dropLetters,
  type ReplayOptions,
  type ReplayReport,
  type ReplayTarget,
  replayLetters,
} from './dead-letters/dead-letter-replay.ts'
export { countStates, type StateCounts } from './documents/index-states.ts'
export { watchStates } from './documents/state-metrics.ts'
export {
  DEFAULT_CACHE_BYTES,
  openVectorCache,
  type VectorCache,
  type VectorCacheOptions,
} from './encode/vector-cache.ts'
export type { WorkerStats } from './encode/worker-stats.ts'
export { type OnnxEncoder, type OnnxEncoderOptions, type OnnxModel, onnxEncoder } from './encoders/onnx.ts'
export {
  type EnqueueCounts,
  type EnqueueError,
  type EnqueueOptions,
  type EnqueueReport,
  type EnqueueTarget,
  enqueue,
} from './enqueue/enqueue.ts'
export type { SourceDocument } from './enqueue/prepare-document.ts'
export { watchEncoder, watchQueue, watchWorker } from './metrics.ts'
export type { ProbeQuery } from './pace/latency-guard.ts'
export { type JobData, type JobDocument, parseJobData } from './queue/job-data.ts'
export {
  type EncodeQueue,
  encodeQueueName,
  openQueue,
  type QueuedDocument,
  type QueueModel,
  type QueueOptions,
} from './queue/queue.ts'
export { pauseQueue, type QueueState, queueState, resumeQueue } from './queue/queue-state.ts'
export {
  assertRedisSettings,
  connect,
  DEFAULT_PREFIX,
  type RedisByUrl,
  type RedisConnection,
  type RedisPlace,
} from './queue/redis.ts'
export { type LexpandIndex, lexpandIndices } from './sweep/lexpand-indices.ts'
export { oldestPendingSeconds } from './sweep/oldest-pending.ts'
export { type SweepOptions, type SweepProgress, type SweepReport, sweep } from './sweep/sweep.ts'
export { type RunningSweeper, type SweeperOptions, startSweeper } from './sweep/sweeper.ts'
export { type UntilEncodedOptions, untilEncoded } from './sweep/until-encoded.ts'
export { type Logger, SILENT_LOGGER } from './telemetry/logger.ts'
export {
  type PrometheusOptions,
  type PrometheusTelemetry,
  prometheusTelemetry,
} from './telemetry/prometheus.ts'
export { type DocumentOutcome, NO_TELEMETRY, type Telemetry } from './telemetry/telemetry.ts'
export { type RunningWorker, startWorker, type WorkerModel, type WorkerOptions } from './worker.ts'
