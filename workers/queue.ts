import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { LexpandError } from '../sparse/errors.ts'
import type { JobData, JobDocument } from './job-data.ts'
import { connect } from './redis.ts'
import { queueTraces } from './traces.ts'

/** Jobs of one model. Close it when done. */
export interface EncodeQueue {
  readonly name: string
  /** The BullMQ queue, for counts, metrics and dashboards. */
  readonly jobs: Queue<JobData>
  /**
   * Queues documents of one index, as jobs of at most {@link JOB_DOCUMENTS} documents and {@link JOB_TEXT_BYTES}
   * bytes of text. Queueing what is queued already does nothing.
   *
   * @returns number of jobs asked for
   * @throws LexpandError SERVICE when Redis stays away; the documents are pending then, and a sweep finds them
   */
  add(index: string, fingerprint: string, documents: readonly QueuedDocument[]): Promise<number>
  /** Resolves when no job waits, runs, or is to be repeated. @param signal ends the waiting */
  idle(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface QueuedDocument extends JobDocument {
  /** Bytes of its text, where known: long texts make smaller jobs. */
  readonly textBytes?: number
}

/** Enough to fill batches sorted by length, few enough that a killed worker repeats seconds of work, not minutes. */
export const JOB_DOCUMENTS = 64
/** Bounds what one worker holds in memory and the time between two signs of progress. */
export const JOB_TEXT_BYTES = 2_000_000

const IDLE_POLL_MS = 200

/**
 * A job that fails by itself (model missing, encoder dying) is tried again after 1, 2, 4 ... seconds; waiting for
 * the engine costs no attempt (see worker.ts). Without these bounds BullMQ keeps every finished job for ever.
 */
const JOB_OPTIONS = {
  attempts: 6,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { age: 3_600, count: 1_000 },
  removeOnFail: { age: 14 * 24 * 3_600, count: 10_000 },
} as const

/** Queues are per model: a worker holds one model and takes only jobs that it can do. */
export function encodeQueueName(identity: string): string {
  return `lexpand-encode-${identity.slice(0, 12)}`
}

/**
 * @param identity of the model, as `Model.identity` or `IndexSpecification.model.identity` gives it
 * @throws LexpandError SERVICE when Redis cannot be reached
 */
export async function openQueue(redisUrl: string, identity: string): Promise<EncodeQueue> {
  const name = encodeQueueName(identity)
  const connection = await connect(redisUrl, { role: 'queue' })
  const jobs = new Queue<JobData>(name, {
    connection,
    defaultJobOptions: JOB_OPTIONS,
    telemetry: queueTraces(),
  })
  // Without a listener an `error` event ends the process; the failing call itself rejects as well.
  jobs.on('error', () => {})
  return {
    name,
    jobs,
    async add(index, fingerprint, documents) {
      const batches = jobBatches(documents)
      try {
        await jobs.addBulk(
          batches.map((batch) => ({
            name: 'encode',
            data: { version: 1, index, fingerprint, documents: batch },
            opts: { deduplication: { id: deduplicationId(index, fingerprint, batch) } },
          })),
        )
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        throw new LexpandError(
          'SERVICE',
          `[queue] expected Redis to take ${batches.length} jobs, got: ${message}. The documents are stored as pending: start Redis, then run lexpand sweep.`,
          { cause: error },
        )
      }
      return batches.length
    },
    async idle(signal) {
      while (signal?.aborted !== true) {
        const counts = await jobs.getJobCounts('wait', 'active', 'delayed', 'prioritized')
        if (Object.values(counts).every((count) => count === 0)) return
        await sleep(IDLE_POLL_MS)
      }
    },
    async close() {
      await jobs.close()
      connection.disconnect()
    },
  }
}

function jobBatches(documents: readonly QueuedDocument[]): JobDocument[][] {
  const batches: JobDocument[][] = []
  let bytes = 0
  for (const { textBytes = 0, ...document } of documents) {
    const batch = batches.at(-1)
    bytes += textBytes
    if (batch === undefined || batch.length === JOB_DOCUMENTS || bytes > JOB_TEXT_BYTES) {
      batches.push([document])
      bytes = textBytes
    } else {
      batch.push(document)
    }
  }
  return batches
}

/**
 * Names the exact versions in the job. BullMQ ignores an addition while a job of that name waits or runs, and
 * forgets the name when it ends; a custom job id would stand in the way as long as a failed job is kept.
 */
function deduplicationId(index: string, fingerprint: string, batch: readonly JobDocument[]): string {
  const versions = batch.map(({ id, routing, seq_no, primary_term }) => [id, routing, seq_no, primary_term])
  return createHash('sha256')
    .update(JSON.stringify([index, fingerprint, versions]))
    .digest('hex')
    .slice(0, 32)
}
