import type { Job } from 'bullmq'
import type { EncodeQueue } from './queue.ts'

/** What a postponed job says in its progress when only an administrator can let it go on. */
interface Waiting {
  readonly waits_for: string
}

/** Jobs looked at: those of one index wait for the same. */
const LOOKED_AT = 20

/** Notes at a job why it waits, for those who wait for its documents; undefined takes the note away. */
export async function noteWaitsFor(job: Job, reason: string | undefined): Promise<void> {
  if (reason === undefined && !isWaiting(job.progress)) return
  await job.updateProgress(reason === undefined ? {} : ({ waits_for: reason } satisfies Waiting))
}

/** Why jobs of an index wait for an administrator, as the worker that had the last of them noted it; undefined when none does. */
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
