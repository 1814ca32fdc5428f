import { DelayedError, type Job, UnrecoverableError } from 'bullmq'
import { isDenied } from '../../opensearch/failures/denied.ts'
import { EngineBusy, isTransient, type Refusal, refusalOf } from '../../opensearch/failures/transient.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { giveUpJob } from '../dead-letters/give-up-job.ts'
import type { EngineGate } from '../pace/engine-gate.ts'
import { type JobData, parseJobData } from '../queue/job-data.ts'
import { emptyReport, type JobReport } from '../queue/job-report.ts'
import type { RedisConnection } from '../queue/redis-place.ts'
import { versionClaims } from '../queue/version-claims.ts'
import { noteWaitsFor } from '../queue/waits-for.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { TroubleLog } from '../telemetry/trouble-log.ts'
import { type JobDependencies, processJob } from './encode-job.ts'
import type { WorkerStats } from './worker-stats.ts'

export interface JobRun {
  readonly dependencies: Omit<JobDependencies, 'persistence' | 'claims'>
  readonly redis: RedisConnection
  /** Prefix of the keys in Redis. */
  readonly prefix: string
  readonly gate: EngineGate
  /** Aborted when the worker stops. */
  readonly stopping: AbortSignal
  readonly stats: WorkerStats
  readonly logger: Logger
  readonly troubles: TroubleLog
  onRefused(index: string, refusal: Refusal): void
  /** Called at the end of every job, including failed ones. */
  onReport(index: string, report: JobReport): void
}

const WRITE_PATIENCE_MS = 30_000
/**
 * Longest wait after a refused write. The pace takes the load off the engine; a longer wait would only keep a place
 * idle after the engine has recovered.
 */
const MAX_WRITE_WAIT_MS = 5_000

/**
 * Runs one job from the queue. The job ends done; postponed at no cost, while the engine has no room, forbids the
 * write, or the worker stops; given back for another attempt; or given up, with a dead letter for each document that it
 * leaves pending.
 */
export async function runJob(job: Job<JobData>, token: string | undefined, run: JobRun): Promise<void> {
  const { dependencies, gate, stats, logger, stopping } = run
  const report = emptyReport()
  const claims = versionClaims(run.redis, run.prefix, job.id ?? '')
  const locked: LockedJob = { job, token }
  let data: JobData | undefined
  try {
    data = parseJobData(job.data)
    const { index } = data
    await gate.pass(index)
    await processJob(
      data,
      {
        ...dependencies,
        claims,
        persistence: {
          giveUpAfterMs: WRITE_PATIENCE_MS,
          maxMs: MAX_WRITE_WAIT_MS,
          signal: stopping,
          onRetry: (reason) =>
            run.troubles.met(index, `engine has no room: ${reason}`, { job: job.id, index }),
          onRefused: (refusal) => run.onRefused(index, refusal),
        },
      },
      report,
    )
    gate.taken(index)
    run.troubles.over(index, 'jobs go on', { index })
    stats.jobs++
  } catch (error) {
    if (data !== undefined && isDenied(error)) {
      run.onRefused(data.index, { status: 403, isOverload: false })
      run.troubles.failed(data.index, 'jobs wait', error, { index: data.index })
      await noteWaitsFor(job, messageOf(error))
      await delay(locked, gate.refused(data.index), run)
    }
    if (data !== undefined && isTransient(error)) {
      // Refused writes have been reported already.
      if (!(error instanceof EngineBusy)) run.onRefused(data.index, refusalOf(error))
      await postpone(locked, error, gate.refused(data.index), run)
    }
    if (stopping.aborted) await postpone(locked, error, 0, run)
    if (isHopeless(error)) throw new UnrecoverableError(messageOf(error))
    const attempts = job.attemptsMade + 1
    if (data !== undefined && attempts >= (job.opts.attempts ?? 1)) {
      await giveUpJob(data, error, attempts, dependencies).catch((cause: unknown) =>
        logger.warn(
          { job: job.id, index: data?.index, err: cause },
          'a job is given up, and not all of its documents say so: lexpand audit finds them',
        ),
      )
    }
    throw error
  } finally {
    await claims.release()
    run.onReport(data?.index ?? '', report)
  }
}

/** A job and the token of the lock by which this worker holds it. */
interface LockedJob {
  readonly job: Job<JobData>
  readonly token: string | undefined
}

/** Delays the job, which costs no attempt: an engine that is down for hours must not fail a single job. */
async function postpone(locked: LockedJob, error: unknown, waitMs: number, run: JobRun): Promise<never> {
  const { stopping, logger, troubles } = run
  const { job } = locked
  const index = job.data?.index
  if (stopping.aborted) logger.info({ job: job.id, index }, 'job goes back to the queue: this worker stops')
  else troubles.failed(index, 'job postponed', error, { job: job.id, index })
  await noteWaitsFor(job, undefined)
  return delay(locked, waitMs, run)
}

async function delay({ job, token }: LockedJob, waitMs: number, { stats }: JobRun): Promise<never> {
  stats.postponed++
  await job.moveToDelayed(Date.now() + waitMs, token)
  throw new DelayedError()
}

/** Whether a job can never succeed: its payload has another version, or its index is gone or has another fingerprint. */
function isHopeless(error: unknown): boolean {
  return error instanceof LexpandError && (error.code === 'INPUT' || error.code === 'INDEX')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
