import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { UnrecoverableError, Worker } from 'bullmq'
import { z } from 'zod'
import type { Encoder } from '../sparse/encoder.ts'
import { assertShape } from '../sparse/shape.ts'
import type { WordPieceTokenizer } from '../sparse/word-pieces/tokenizer.ts'
import { cachedIndices } from './documents/specification-cache.ts'
import { type JobRun, runJob } from './encode/run-job.ts'
import type { VectorCache } from './encode/vector-cache.ts'
import { addTo, emptyStats, reportProgress, type WorkerStats } from './encode/worker-stats.ts'
import { type OnnxEncoderOptions, type OnnxModel, onnxEncoder } from './encoders/onnx.ts'
import { EngineGate } from './pace/engine-gate.ts'
import { LatencyGuard, type ProbeQuery } from './pace/latency-guard.ts'
import { Pace } from './pace/pace.ts'
import type { JobData } from './queue/job-data.ts'
import { encodeQueueName } from './queue/queue.ts'
import { assertRedisSettings, connect, DEFAULT_PREFIX, type RedisPlace } from './queue/redis.ts'
import { restAfterRefusals } from './queue/rest-after-refusals.ts'
import { type Logger, SILENT_LOGGER } from './telemetry/logger.ts'
import { NO_TELEMETRY, type Telemetry } from './telemetry/telemetry.ts'
import { queueTraces } from './telemetry/traces.ts'
import { TroubleLog } from './telemetry/trouble-log.ts'

/** The part of a model that a worker needs; `Model` of models/load.ts fits. */
export interface WorkerModel extends OnnxModel {
  readonly identity: string
  readonly tokenizer: WordPieceTokenizer
}

export interface WorkerOptions {
  readonly client: Client
  readonly redis: RedisPlace
  /** Prefix of the keys in Redis. @default '{lexpand}' */
  readonly prefix?: string | undefined
  readonly model: WorkerModel
  /** pino, `console`, or any logger of the same shape. @default no log */
  readonly logger?: Logger | undefined
  /** Aborting closes the worker as {@link RunningWorker.close} does. */
  readonly signal?: AbortSignal | undefined
  /** @default the onnx driver with `encoding`; the worker disposes of the encoder in either case */
  readonly encoder?: Encoder | undefined
  readonly encoding?: OnnxEncoderOptions | undefined
  /** Number of jobs in flight: while one is encoded, others are read and written. @default DEFAULT_CONCURRENCY */
  readonly concurrency?: number | undefined
  /** Called after every job. */
  readonly onProgress?: ((stats: WorkerStats) => void) | undefined
  /** Milliseconds that `close` waits for running jobs; another worker repeats those that are unfinished then. @default 20_000 */
  readonly closeTimeoutMs?: number | undefined
  /** Texts longer than this, in bytes of UTF-8, fail instead of being encoded. @default DEFAULT_MAX_TEXT_BYTES */
  readonly maxTextBytes?: number | undefined
  /**
   * Encoders yield while the 95th percentile of a probe query's time in the engine, in milliseconds, is above this. Off
   * by default: no bound fits every cluster, and one below the usual time of a cluster would hold encoding at one job
   * for good. Three times the usual time is a good start.
   *
   * @default encoders yield to refusals (429, 503) only
   */
  readonly maxSearchP95Ms?: number | undefined
  /** @default a query made of a stored vector of the index with the most writes */
  readonly probe?: ProbeQuery | undefined
  /** Texts whose vector the cache holds are not encoded; the caller closes it after the worker. @default none */
  readonly vectorCache?: VectorCache | undefined
  /** @default no telemetry */
  readonly telemetry?: Telemetry | undefined
}

export interface RunningWorker {
  readonly stats: Readonly<WorkerStats>
  /** Whether the worker takes jobs; false without `close` is a defect, and the process should be replaced. */
  isRunning(): boolean
  /** Takes no new job, finishes the running ones within the bound, and ends the processes of the encoder; a second call does the same. */
  close(): Promise<void>
}

export const DEFAULT_CONCURRENCY = 3

const optionsSchema = z.looseObject({
  client: z.looseObject({}),
  redis: z.union([z.string(), z.looseObject({})]),
  model: z.looseObject({ identity: z.string().min(1), tokenizer: z.looseObject({}) }),
  concurrency: z.int().min(1).optional(),
  closeTimeoutMs: z.number().min(0).optional(),
  maxTextBytes: z.int().min(1).optional(),
  maxSearchP95Ms: z.number().positive().optional(),
})

/** A timer renews the lock at every half of this time; after a kill the next check after this time gives the job to another worker. */
const LOCK_MS = 10_000
const STALLED_CHECK_MS = 5_000
/** A job is stalled by the death of its worker, which is not its fault; with BullMQ's default of 1 the second kill would fail it. */
const MAX_STALLS = 100
/** Waiting workers notice a raised limit on jobs in flight within this time. */
const IDLE_POLL_S = 1
/** Wait between attempts while the engine refuses or is away: work continues within ten seconds after it is back. */
const ENGINE_BACK_OFF = { firstMs: 1_000, maxMs: 10_000 }
/** Time for jobs without an encoder to go back to the queue. */
const FORCED_CLOSE_MS = 3_000

/**
 * Takes the jobs of one model from its queue, encodes their documents and writes the vectors back.
 *
 * @throws LexpandError SERVICE when Redis cannot be reached or may throw jobs away
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { client, model, logger = SILENT_LOGGER, onProgress, closeTimeoutMs = 20_000 } = options
  const { maxTextBytes, vectorCache, telemetry = NO_TELEMETRY, prefix = DEFAULT_PREFIX, signal } = options
  assertShape(optionsSchema, options, 'worker', 'CONFIGURATION')
  const connection = await connect(options.redis, { role: 'worker' })
  try {
    for (const warning of await assertRedisSettings(connection)) logger.warn({}, warning)
  } catch (error) {
    connection.disconnect()
    throw error
  }
  const encoder = options.encoder ?? onnxEncoder(model, options.encoding)
  const stopping = new AbortController()
  const stats = emptyStats()
  const troubles = new TroubleLog(logger)
  const installedIndex = cachedIndices(client)
  const name = encodeQueueName(model.identity)
  const run: JobRun = {
    dependencies: {
      client,
      tokenizer: model.tokenizer,
      encoder,
      specificationOf: async (index) => (await installedIndex(index)).specification,
      marksVectors: async (index) => !(await installedIndex(index)).vectorsInSource,
      maxTextBytes,
      vectorCache,
      telemetry,
    },
    redis: connection,
    prefix,
    gate: new EngineGate(stopping.signal, ENGINE_BACK_OFF),
    stopping: stopping.signal,
    stats,
    logger,
    troubles,
    onRefused(index, { status, isOverload }) {
      telemetry.engineRefused(index, status)
      if (isOverload) pace.slowDown()
    },
    onReport(index, report) {
      addTo(stats, report)
      if (report.ready > 0) guard?.noteWritten(index, report.ready)
      for (const { id, reason } of report.failures) logger.warn({ index, id, reason }, 'document failed')
      onProgress?.(stats)
    },
  }
  const worker = new Worker<JobData>(name, (job, token) => runJob(job, token, run), {
    connection,
    prefix,
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: MAX_STALLS,
    drainDelay: IDLE_POLL_S,
    telemetry: queueTraces(),
  })
  const pace = new Pace({
    connection,
    keyOf: (type) => worker.toKey(type),
    telemetry,
    onChange: (limit) => logger.info({ limit }, 'jobs that all workers together have in flight'),
  })
  const guard =
    options.maxSearchP95Ms === undefined
      ? undefined
      : new LatencyGuard({
          client,
          connection,
          leaseKey: worker.toKey('probe'),
          workerId: worker.id,
          pace,
          maxP95Ms: options.maxSearchP95Ms,
          probe: options.probe,
          installedIndex,
          logger,
          telemetry,
        })

  worker.on('error', (error) => troubles.failed('redis', 'Redis does not do its part', error))
  const isResting = restAfterRefusals(worker, stopping.signal)
  const redisIsBack = () => troubles.over('redis', 'Redis is back')
  connection.on('ready', redisIsBack)
  // Covers connections that stayed open while their commands failed, as after a change of roles or permissions.
  worker.on('active', redisIsBack)
  worker.on('stalled', (job) => logger.warn({ job }, 'job of a worker that died is done again'))
  worker.on('failed', (job, error) => {
    const final =
      job === undefined || error instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1)
    if (final) stats.failedJobs++
    const { id, attemptsMade: attempt, data } = job ?? {}
    logger.error({ job: id, index: data?.index, attempt, final }, `job failed: ${error.message}`)
  })
  await worker.waitUntilReady()
  const ticker = reportProgress(stats, encoder, logger)

  async function shutDown(): Promise<void> {
    clearInterval(ticker)
    pace.stop()
    guard?.stop()
    stopping.abort()
    const closed = worker.close()
    if (!(await settles(closed, closeTimeoutMs))) {
      // Without an encoder the running jobs end at once and go back to the queue.
      await encoder.dispose()
      // Redis may be away as well; the locks then expire and another worker takes the jobs.
      if (!(await settles(closed, FORCED_CLOSE_MS))) await worker.disconnect()
    }
    await encoder.dispose()
    connection.disconnect()
  }
  let closing: Promise<void> | undefined
  function close(): Promise<void> {
    closing ??= shutDown()
    return closing
  }
  if (signal?.aborted) await close()
  // An abort has no caller to report to, so an error while closing is logged.
  else
    signal?.addEventListener(
      'abort',
      () => void close().catch((error) => logger.error({ err: error }, 'worker not closed')),
      { once: true },
    )
  return { stats, isRunning: () => worker.isRunning() || isResting(), close }
}

/** Whether a promise settles in time; the `error` event has reported its error, if any. */
async function settles(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const inTime = promise.then(
    () => true,
    () => true,
  )
  const tooLate = sleep(ms, false, { signal: timer.signal }).catch(() => false)
  return Promise.race([inTime, tooLate]).finally(() => timer.abort())
}
