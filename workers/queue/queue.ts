import { setTimeout as sleep } from 'node:timers/promises'
import { type JobType, Queue } from 'bullmq'
import { z } from 'zod'
import { LexpandError } from '../../sparse/errors.ts'
import { assertShape } from '../../sparse/shape.ts'
import { queueTraces } from '../telemetry/traces.ts'
import { againAfterDemotion } from './demotion.ts'
import type { JobData, JobDocument } from './job-data.ts'
import { QueuedMarks } from './queued-marks.ts'
import { connect, DEFAULT_PREFIX, type RedisPlace } from './redis.ts'
import type { RedisConnection } from './redis-place.ts'

/** The part of a model that a queue needs; a loaded model fits. */
export interface QueueModel {
  readonly identity: string
}

/** Queue for the jobs of one model. The caller closes it. */
export interface EncodeQueue<Model extends QueueModel = QueueModel> {
  readonly name: string
  /** The model whose documents it queues. */
  readonly model: Model
  /** Prefix of its keys in Redis. */
  readonly prefix: string
  /** The BullMQ queue, for counts, metrics and dashboards. */
  readonly jobs: Queue<JobData>
  /** Connection to Redis, for the data kept beside the jobs. */
  readonly redis: RedisConnection
  /**
   * Queues documents of one index, as jobs of at most {@link JOB_DOCUMENTS} documents and {@link JOB_TEXT_BYTES} bytes
   * of text. Documents that a waiting or running job already names in the same version are left out.
   *
   * @returns how many jobs were added, and with how many documents
   * @throws LexpandError SERVICE when Redis stays away; the documents are pending then, and a sweep finds them
   */
  add(index: string, fingerprint: string, documents: readonly QueuedDocument[]): Promise<Added>
  /**
   * Whether so many jobs wait that new documents should be left to a later sweep: Redis holds its jobs in memory, and
   * an index may have ten million documents to encode.
   *
   * @throws LexpandError SERVICE when Redis stays away
   */
  isFull(): Promise<boolean>
  /** Number of jobs that wait for a worker or for their next attempt. @throws LexpandError SERVICE when Redis stays away */
  waiting(): Promise<number>
  /** Whether no job waits, runs, or has an attempt left to come. @throws LexpandError SERVICE when Redis stays away */
  isIdle(): Promise<boolean>
  /** Resolves when the queue is idle. @param signal ends the waiting */
  idle(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface Added {
  readonly jobs: number
  readonly documents: number
}

export interface QueuedDocument extends JobDocument {
  /** Bytes of its text, if known: long texts make smaller jobs. */
  readonly textBytes?: number | undefined
}

/** Enough documents to fill batches sorted by length, few enough that a killed worker repeats seconds of work, not minutes. */
export const JOB_DOCUMENTS = 64
/** Bounds what one worker holds in memory and the time between two signs of progress. */
export const JOB_TEXT_BYTES = 2_000_000

/** 64,000 documents: an hour of work for one processor, 22 MB for Redis (340 bytes a document, marks included). */
const FULL_JOBS = 1_000

const IDLE_POLL_MS = 200

/** The states of BullMQ for jobs that no worker has. */
const WAITING = ['wait', 'delayed', 'prioritized'] as const satisfies readonly JobType[]

/**
 * A job that fails by itself (missing model, dying encoder) is tried again after 1, 2, 4 ... seconds; waiting for the
 * engine costs no attempt (see encode/run-job.ts). Without these bounds BullMQ keeps every finished job for ever.
 */
const JOB_OPTIONS = {
  attempts: 6,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { age: 3_600, count: 1_000 },
  removeOnFail: { age: 14 * 24 * 3_600, count: 10_000 },
} as const

/** Name of the queue of a model: a worker holds one model and takes only jobs that it can do. */
export function encodeQueueName(identity: string): string {
  return `lexpand-encode-${identity.slice(0, 12)}`
}

export interface QueueOptions<Model extends QueueModel = QueueModel> {
  readonly redis: RedisPlace
  /** A loaded model, or the `model` of an index's specification. */
  readonly model: Model
  /** Prefix of the keys in Redis; workers, sweepers and queues that share work have the same one. @default '{lexpand}' */
  readonly prefix?: string | undefined
}

const optionsSchema = z.object({
  redis: z.union([z.string(), z.looseObject({})]),
  model: z.looseObject({ identity: z.string().min(1) }),
  prefix: z.string().min(1),
})

/** @throws LexpandError SERVICE when Redis cannot be reached, CONFIGURATION for an unusable place or model */
export async function openQueue<Model extends QueueModel>({
  redis: place,
  model,
  prefix = DEFAULT_PREFIX,
}: QueueOptions<Model>): Promise<EncodeQueue<Model>> {
  assertShape(optionsSchema, { redis: place, model, prefix }, 'queue', 'CONFIGURATION')
  const name = encodeQueueName(model.identity)
  const redis = await connect(place, { role: 'queue' })
  const jobs = new Queue<JobData>(name, {
    connection: redis,
    prefix,
    defaultJobOptions: JOB_OPTIONS,
    telemetry: queueTraces(),
  })
  // Without a listener an `error` event would end the process; the failing call rejects as well.
  jobs.on('error', () => {})
  try {
    // BullMQ asks for the version of Redis only once; if that fails, every later call fails with the same error.
    await jobs.waitUntilReady()
  } catch (error) {
    redis.disconnect()
    throw queueError('expected Redis to stay', error, 'Start Redis there, then try again.')
  }
  const marks = new QueuedMarks(redis, jobs)
  async function count(...states: JobType[]): Promise<number> {
    try {
      const counts = await jobs.getJobCounts(...states)
      return Object.values(counts).reduce((sum, one) => sum + one, 0)
    } catch (error) {
      throw queueError(
        'expected Redis to count its jobs',
        error,
        'What is stored stays pending: start Redis, then run lexpand sweep.',
      )
    }
  }
  const isIdle = async () => (await count(...WAITING, 'active')) === 0
  return {
    name,
    model,
    prefix,
    jobs,
    redis,
    async add(index, fingerprint, documents) {
      const scope = { index, fingerprint }
      try {
        const unqueued = await marks.unqueued(scope, documents)
        const batches = jobBatches(unqueued)
        const added = await againAfterDemotion(redis, () =>
          jobs.addBulk(
            batches.map((batch) => ({
              name: 'encode',
              data: { version: 1, index, fingerprint, documents: batch },
            })),
          ),
        )
        for (const [at, { id = '' }] of added.entries()) await marks.mark(scope, id, batches[at] ?? [])
        return { jobs: batches.length, documents: unqueued.length }
      } catch (error) {
        throw queueError(
          `expected Redis to take jobs for ${documents.length} documents`,
          error,
          'The documents are stored as pending: start Redis; then a worker, or lexpand sweep, finds them.',
        )
      }
    },
    isFull: async () => (await count(...WAITING)) >= FULL_JOBS,
    waiting: () => count(...WAITING),
    isIdle,
    async idle(signal) {
      while (signal?.aborted !== true) {
        if (await isIdle()) return
        await sleep(IDLE_POLL_MS)
      }
    },
    async close() {
      await jobs.close()
      redis.disconnect()
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

function queueError(expected: string, error: unknown, advice: string): LexpandError {
  const message = error instanceof Error ? error.message : String(error)
  return new LexpandError('SERVICE', `[queue] ${expected}, got: ${message}. ${advice}`, { cause: error })
}
