import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { inStates, SIDECAR } from '../../../mappings/sidecar.ts'
import { type Persistence, persist } from '../../../opensearch/failures/back-off.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'
import { resultWindow } from '../../../opensearch/index-limits.ts'
import { internalSearch } from '../../../opensearch/internal-search.ts'
import { refreshAll } from '../../../opensearch/shard-changes.ts'
import { LexpandError } from '../../../sparse/errors.ts'
import { countStates, type StateCounts } from '../../documents/index-states.ts'
import { jobDocument } from '../../queue/job-data.ts'
import type { EncodeQueue, QueuedDocument } from '../../queue/queue.ts'
import { waitsFor } from '../../queue/waits-for.ts'
import { assertGoesOn, patiently } from './patience.ts'
import type { ReindexProgress } from './state.ts'

export interface EncodingOptions {
  readonly client: Client
  readonly queue: EncodeQueue
  /** The index that gets vectors. */
  readonly index: string
  readonly fingerprint: string
  readonly persistence: Persistence
  readonly signal: AbortSignal
}

/** Largest number of waiting jobs: a migration of millions must neither fill Redis nor delay the jobs of other writers. */
export const MAX_QUEUED_JOBS = 200
const RATE_WINDOW_MS = 60_000
/** With an idle queue and pending documents: after this time their jobs count as lost. */
const LOST_AFTER_MS = 2_000
const VAIN_REQUEUES = 3
/** Longest time that nothing is encoded while jobs wait for a privilege; the run then ends with an error. */
const DENIED_MS = 30_000
const REQUEUE_DOCUMENTS = 5_000

/** Query for documents that are not settled for this fingerprint; it cannot see a text that was changed past the pipeline. */
export function unsettled(fingerprint: string) {
  return {
    bool: {
      must_not: [
        {
          bool: {
            filter: [
              { term: { [`${SIDECAR}.fingerprint`]: { value: fingerprint } } },
              inStates('ready', 'empty', 'failed'),
            ],
          },
        },
      ],
    },
  }
}

/** Queues documents and follows their encoding. */
export class Encoding {
  readonly #options: EncodingOptions
  readonly #samples: { readonly at: number; readonly settled: number }[] = []
  #idleSince: number | undefined
  #pendingAtRequeue = Number.POSITIVE_INFINITY
  #vain = 0
  #settled = -1
  #settledAt = performance.now()

  constructor(options: EncodingOptions) {
    this.#options = options
  }

  /** Waits until the queue has room. @throws Paused when asked to stop; LexpandError SERVICE when Redis stays away */
  async room(): Promise<void> {
    for (;;) {
      assertGoesOn(this.#options.signal)
      if ((await this.#redis(() => this.#options.queue.waiting())) < MAX_QUEUED_JOBS) return
      await sleep(100)
    }
  }

  /** Queues documents that are stored as pending. @throws LexpandError SERVICE when Redis stays away */
  async add(documents: readonly QueuedDocument[]): Promise<void> {
    const { queue, index, fingerprint } = this.#options
    if (documents.length > 0) await this.#redis(() => queue.add(index, fingerprint, documents))
  }

  /**
   * Counts documents, and queues those again that no job names: Redis was lost, or a process died between storing and
   * queueing.
   *
   * @throws LexpandError INDEX when documents stay pending after every attempt; SERVICE when workers lack a privilege
   */
  async look(): Promise<StateCounts> {
    const { client, index, persistence } = this.#options
    const counts = await patiently(async () => {
      await refreshAll(client, index)
      return countStates(client, index)
    }, persistence)
    const now = performance.now()
    this.#samples.push({ at: now, settled: counts.documents - counts.pending })
    while (now - (this.#samples[0]?.at ?? now) > RATE_WINDOW_MS) this.#samples.shift()
    if (counts.pending > 0) {
      await this.#assertAllowed(counts, now)
      await this.#requeueLost(counts.pending, now)
    }
    return counts
  }

  /** A worker whose user lacks a privilege waits for it without end; a run that waits for the worker must not. */
  async #assertAllowed({ documents, pending }: StateCounts, now: number): Promise<void> {
    const { queue, index } = this.#options
    if (documents - pending !== this.#settled) {
      this.#settled = documents - pending
      this.#settledAt = now
    }
    if (now - this.#settledAt < DENIED_MS) return
    const reason = await this.#redis(() => waitsFor(queue, index))
    if (reason !== undefined) throw denied(index, pending, reason)
  }

  /** Settled documents a second. */
  get rate(): number {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.at === first.at) return 0
    return Math.max(0, ((last.settled - first.settled) * 1_000) / (last.at - first.at))
  }

  /** @param total number of documents that are to be settled at the end */
  progress(counts: StateCounts, total: number): ReindexProgress {
    const rate = this.rate
    const settled = counts.documents - counts.pending
    return {
      documents: total,
      settled,
      pending: counts.pending,
      docsPerSecond: Number(rate.toFixed(1)),
      ...(rate > 0 ? { secondsLeft: Math.round(Math.max(0, total - settled) / rate) } : {}),
    }
  }

  async #requeueLost(pending: number, now: number): Promise<void> {
    if (!(await this.#redis(() => this.#options.queue.isIdle()))) {
      this.#idleSince = undefined
      return
    }
    this.#idleSince ??= now
    if (now - this.#idleSince < LOST_AFTER_MS) return
    this.#idleSince = undefined
    this.#vain = pending < this.#pendingAtRequeue ? 0 : this.#vain + 1
    this.#pendingAtRequeue = pending
    if (this.#vain === VAIN_REQUEUES) throw stuck(this.#options.index, pending)
    await this.add(await this.#pendingDocuments())
  }

  async #pendingDocuments(): Promise<QueuedDocument[]> {
    const { client, index, fingerprint } = this.#options
    const size = Math.min(REQUEUE_DOCUMENTS, await resultWindow(client, index))
    const reply = await internalSearch(client, {
      index,
      body: {
        size,
        query: unsettled(fingerprint),
        seq_no_primary_term: true,
        _source: false,
        track_total_hits: false,
      },
    }).catch((error: unknown) => {
      throw translateEngineError(error, { part: 'reindex', index })
    })
    const hits = reply.body.hits.hits as unknown as readonly Hit[]
    return hits.map(({ _id, _routing, _seq_no, _primary_term }) =>
      jobDocument({ id: _id, routing: _routing, seqNo: _seq_no, primaryTerm: _primary_term }),
    )
  }

  /** Repeats every failed request for a while: Redis may be restarted meanwhile. */
  async #redis<T>(request: () => Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined
    let last: unknown
    await persist(async () => {
      try {
        result = { value: await request() }
        return undefined
      } catch (error) {
        last = error
        return String(error)
      }
    }, this.#options.persistence)
    if (result !== undefined) return result.value
    assertGoesOn(this.#options.signal)
    throw last instanceof LexpandError
      ? last
      : new LexpandError(
          'SERVICE',
          '[reindex] expected Redis to answer, got none. Start it, then run this again.',
          {
            cause: last,
          },
        )
  }
}

interface Hit {
  readonly _id: string
  readonly _routing?: string | undefined
  readonly _seq_no: number
  readonly _primary_term: number
}

function denied(index: string, pending: number, reason: string): LexpandError {
  return new LexpandError(
    'SERVICE',
    `[reindex] expected workers to encode ${pending} documents of ${index}, got workers that may not: ${reason} Nothing is lost: run the same command again afterwards.`,
  )
}

function stuck(index: string, pending: number): LexpandError {
  return new LexpandError(
    'INDEX',
    `[reindex] expected every document of ${index} to be encoded, got ${pending} that stay pending without a job. Look at the log of the workers, then run this again.`,
  )
}
