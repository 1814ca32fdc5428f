import { LexpandError } from '../../sparse/errors.ts'
import type { EncodeQueue } from './queue.ts'

/** State of a queue at one moment. A job holds up to 64 documents. */
export interface QueueState {
  readonly name: string
  /** Jobs that wait for a worker or for their next attempt. */
  readonly waiting: number
  readonly active: number
  /** Jobs given up after all attempts. */
  readonly failed: number
  readonly isPaused: boolean
  /** Number of connected workers. */
  readonly workers: number
}

/** @throws LexpandError SERVICE when Redis stays away */
export async function queueState(queue: EncodeQueue): Promise<QueueState> {
  const { name, jobs } = queue
  try {
    const [waiting, active, failed, isPaused, workers] = await Promise.all([
      queue.waiting(),
      jobs.getActiveCount(),
      jobs.getFailedCount(),
      jobs.isPaused(),
      jobs.getWorkersCount(),
    ])
    return { name, waiting, active, failed, isPaused, workers }
  } catch (error) {
    throw redisGone('to tell the state of a queue', error)
  }
}

/**
 * Stops workers from taking jobs of the queue until {@link resumeQueue}; running jobs are finished. Waiting jobs stay
 * in the queue, and sweeps add to it until it is full.
 *
 * @throws LexpandError SERVICE when Redis stays away
 */
export async function pauseQueue({ jobs }: EncodeQueue): Promise<void> {
  await jobs.pause().catch((error: unknown) => {
    throw redisGone('to pause a queue', error)
  })
}

/** Ends {@link pauseQueue}; has no effect otherwise. @throws LexpandError SERVICE when Redis stays away */
export async function resumeQueue({ jobs }: EncodeQueue): Promise<void> {
  await jobs.resume().catch((error: unknown) => {
    throw redisGone('to resume a queue', error)
  })
}

function redisGone(what: string, cause: unknown): LexpandError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new LexpandError(
    'SERVICE',
    `[queue] expected Redis ${what}, got: ${message}. Start Redis, then try again.`,
    { cause },
  )
}
