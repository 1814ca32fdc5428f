import type { Job } from 'bullmq'
import type { EncodeQueue } from './queue.ts'

/** Content of the progress of a postponed job that only an administrator can let continue. */
interface Waiting {
  readonly waits_for: string
}

/** Number of jobs inspected: jobs of one index wait for the same thing. */
const LOOKED_AT = 20

/** Stores in a job the reason why it waits, for commands that wait for its documents; undefined removes the reason. */
export async function noteWaitsFor(job: Job, reason: string | undefined): Promise<void> {
  if (reason === undefined && !isWaiting(job.progress)) return
  await job.updateProgress(reason === undefined ? {} : ({ waits_for: reason } satisfies Waiting))
}

/**
 * The reason why jobs of an index wait for an administrator, as noted by the worker that had the last of them;
 * undefined when none waits.
 */
export async function waitsFor(
  { jobs }: Pick<EncodeQueue, 'jobs'>,
  index: string,
): Promise<string | undefined> {
  const delayed = await jobs.getDelayed(0, LOOKED_AT)
  const waiting = delayed
    .map(({ data, progress }) => (data?.index === index ? progress : undefined))
    .find(isWaiting)
  return waiting?.waits_for
}

function isWaiting(progress: unknown): progress is Waiting {
  return typeof progress === 'object' && progress !== null && 'waits_for' in progress
}
