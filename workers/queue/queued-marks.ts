import { createHash } from 'node:crypto'
import type { Queue } from 'bullmq'
import type { JobDocument } from './job-data.ts'
import type { RedisConnection } from './redis-place.ts'

/** Index and fingerprint that a document is encoded for: the same version in another index or for another fingerprint is separate work. */
export interface MarkScope {
  readonly index: string
  readonly fingerprint: string
}

/** Bounds the memory only: a mark that outlives its job has no effect, and a lost mark costs a second job. */
const KEPT_SECONDS = 900
/** Number of documents in one command. */
const CHUNK = 1_000
const LIVE = new Set(['waiting', 'active', 'delayed', 'prioritized'])

/**
 * Remembers which version of a document is in which job, so that it is not queued twice: by the application that stored
 * it and the sweeper that found it, by two sweeps, or by a scan after a crash. BullMQ's own deduplication compares
 * whole jobs, but the same document comes together with other documents each time.
 *
 * A mark is set after its job was added, on the same connection. Redis keeps its log in that order, so no mark survives
 * its job, whatever a crash cuts off. A mark counts only while its job is waiting or running.
 */
export class QueuedMarks {
  readonly #redis: RedisConnection
  readonly #jobs: Queue

  constructor(redis: RedisConnection, jobs: Queue) {
    this.#redis = redis
    this.#jobs = jobs
  }

  /** @returns the documents that no live job names in this version */
  async unqueued<T extends JobDocument>(scope: MarkScope, documents: readonly T[]): Promise<T[]> {
    const holders: (string | null)[] = []
    for (let at = 0; at < documents.length; at += CHUNK) {
      const keys = documents.slice(at, at + CHUNK).map((document) => this.#key(scope, document))
      holders.push(...(await this.#redis.mget(keys)))
    }
    const ids = [...new Set(holders.filter((id) => id !== null))]
    const states = await Promise.all(ids.map((id) => this.#jobs.getJobState(id)))
    const live = new Set(ids.filter((_, at) => LIVE.has(states[at] ?? '')))
    return documents.filter((_, at) => !live.has(holders[at] ?? ''))
  }

  async mark(scope: MarkScope, jobId: string, documents: readonly JobDocument[]): Promise<void> {
    const commands = this.#redis.pipeline()
    for (const document of documents) commands.set(this.#key(scope, document), jobId, 'EX', KEPT_SECONDS)
    const replies = await commands.exec()
    const failure = replies?.find(([error]) => error !== null)?.[0]
    if (failure) throw failure
  }

  #key({ index, fingerprint }: MarkScope, { id, routing, seq_no, primary_term }: JobDocument): string {
    const version = JSON.stringify([index, fingerprint, id, routing, seq_no, primary_term])
    const hash = createHash('sha256').update(version).digest('base64url').slice(0, 22)
    return this.#jobs.toKey(`queued:${hash}`)
  }
}
