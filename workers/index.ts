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
export type { SourceDocument } from './prepare-document.ts'
export type { WorkerStats } from './progress.ts'
export { type EncodeQueue, encodeQueueName, openQueue, type QueuedDocument } from './queue.ts'
export { assertRedisSettings, connect } from './redis.ts'
export { type IndexSweep, type SweepReport, sweep, sweepAll } from './sweep.ts'
export { type RunningWorker, startWorker, type WorkerModel, type WorkerOptions } from './worker.ts'
