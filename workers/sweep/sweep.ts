import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import { type InstalledIndex, readInstalledIndex } from '../../mappings/compatibility.ts'
import type { IndexLimits } from '../../opensearch/index-limits.ts'
import { readShards, refreshAll, type ShardCheckpoint } from '../../opensearch/shard-changes.ts'
import { assertShape } from '../../sparse/shape.ts'
import { withoutStuck } from '../dead-letters/known-letters.ts'
import type { EncodeQueue, QueuedDocument } from '../queue/queue.ts'
import { NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.ts'
import { ChangedDocuments } from './changed-documents.ts'
import { type CheckpointScope, readCheckpoints, saveCheckpoint } from './checkpoint.ts'
import { type Lease, takeLease } from './lease.ts'
import { type LostVector, markLost } from './lost-vectors.ts'
import { oldestPendingSeconds } from './oldest-pending.ts'

export interface SweepOptions {
  /**
   * Whether to inspect pending documents again that an earlier sweep has passed: this finds those whose job was lost.
   *
   * @default true
   */
  readonly pending?: boolean | undefined
  /** Milliseconds to wait while another sweeper works on the index. @default 10_000 */
  readonly waitMs?: number | undefined
  /** Aborting ends the sweep after the page in flight; the next sweep continues from there. */
  readonly signal?: AbortSignal | undefined
  /** Called after every page. */
  readonly onPage?: ((progress: SweepProgress) => void) | undefined
  /** @default no telemetry */
  readonly telemetry?: Telemetry | undefined
}

const optionsSchema = z.looseObject({
  client: z.looseObject({}),
  queue: z.looseObject({ redis: z.looseObject({}) }),
  index: z.string(),
  pending: z.boolean().optional(),
  waitMs: z.number().min(0).optional(),
})

export interface SweepProgress {
  /** Number of documents inspected so far. */
  readonly scanned: number
  /** Number of changes still to be inspected; many may belong to documents that were deleted or changed later. */
  readonly remaining: number
}

export interface SweepReport {
  /** Documents that wait for a vector, without those that the engine refuses to write: these have a dead letter. */
  readonly found: number
  /** Jobs added for them; documents that a job already names are not queued again. */
  readonly jobs: number
  /** Number of documents inspected. */
  readonly scanned: number
  /** Age in seconds of the text that has waited longest. */
  readonly oldestPendingSeconds: number
  /**
   * done, or the reason why the rest is left to the next sweep: another sweeper works on the index (taken), the queue
   * is full, or the sweep was stopped.
   */
  readonly outcome: 'done' | 'taken' | 'full' | 'stopped'
}

/** An application that stores and then queues needs a moment between the two; after it jobs already name its documents. */
const SETTLE_MS = 200

/**
 * Queues the documents of an index that wait for a vector: those written by other clients, through the pipeline or past
 * it, those that were there before Lexpand, and those that a crash left behind.
 *
 * Changes are followed by sequence number, shard by shard. Up to the global checkpoint of the primary every operation
 * is applied on all copies, and after a refresh each can be found: no operation can appear later below a number that
 * was read, so no change is inspected twice. A checkpoint is stored after each page, when the page's jobs are in the
 * queue; after a kill at any moment the next sweep continues from it. One sweeper works on an index at a time.
 *
 * @param index index or alias of one index
 * @throws LexpandError INDEX when it is missing or was not set up by Lexpand; SERVICE when engine or Redis cannot be
 *   reached
 */
export async function sweep(
  client: Client,
  queue: EncodeQueue,
  index: string,
  options: SweepOptions = {},
): Promise<SweepReport> {
  assertShape(optionsSchema, { client, queue, index, ...options }, 'sweep', 'CONFIGURATION')
  const { telemetry = NO_TELEMETRY, waitMs = 10_000 } = options
  const startedAt = performance.now()
  const installed = await readInstalledIndex(client, index)
  const { name } = installed
  const { uuid, limits } = await readShards(client, name)
  const lease = await takeLease(queue.redis, `sweep:${uuid}`, { waitMs })
  if (lease === undefined) {
    return { found: 0, jobs: 0, scanned: 0, oldestPendingSeconds: 0, outcome: 'taken' }
  }
  const run = new SweepRun({ client, queue, installed, limits, lease, options })
  try {
    const outcome = await run.all()
    const oldest = await oldestPendingSeconds(client, name)
    telemetry.oldestPending(name, oldest)
    const { found, jobs, scanned } = run
    return { found, jobs, scanned, oldestPendingSeconds: oldest, outcome }
  } finally {
    await lease.release()
    const seconds = (performance.now() - startedAt) / 1_000
    telemetry.swept(name, { scanned: run.scanned, queued: run.queued, seconds })
  }
}

interface SweepTarget {
  readonly client: Client
  readonly queue: EncodeQueue
  readonly installed: InstalledIndex
  /** Largest number of documents of a page. */
  readonly limits: IndexLimits
  readonly lease: Lease
  readonly options: SweepOptions
}

/** Reason why a sweep ends before everything was inspected. */
type Stop = Exclude<SweepReport['outcome'], 'done'>

class SweepRun {
  found = 0
  jobs = 0
  scanned = 0
  queued = 0
  #remaining = 0
  readonly #target: SweepTarget
  readonly #documents: ChangedDocuments

  constructor(target: SweepTarget) {
    this.#target = target
    this.#documents = new ChangedDocuments(target.client, target.installed, target.limits)
  }

  async all(): Promise<SweepReport['outcome']> {
    const { client, queue, installed, options } = this.#target
    const { name: index, specification } = installed
    // Read again, now that the lease keeps others from moving them.
    const { uuid, shards } = await readShards(client, index)
    const scope = { indexUuid: uuid, fingerprint: specification.fingerprint }
    const swept = await readCheckpoints(queue.redis, scope, shards)
    const parts = shards.map((state) => {
      const from = swept.get(state.shard) ?? -1
      // A checkpoint above the shard's own is impossible while the history is the same; if it happens, the checkpoint is void.
      return { ...state, from: from > state.globalCheckpoint ? -1 : from }
    })
    this.#remaining = parts.reduce((sum, { from, globalCheckpoint }) => sum + globalCheckpoint - from, 0)
    const lookAtPending = options.pending ?? true
    if (this.#remaining === 0 && !lookAtPending) return 'done'
    await refreshAll(client, index)
    for (const part of parts) {
      const stop =
        (lookAtPending ? await this.#pending(part) : undefined) ?? (await this.#changes(part, scope))
      if (stop !== undefined) return stop
    }
    return 'done'
  }

  /** Inspects documents that were queued once and are still pending: their jobs may be lost. */
  async #pending({ shard, from }: SweptPart): Promise<Stop | undefined> {
    for (let after = -1; after < from; ) {
      const stop = await this.#mustStop()
      if (stop !== undefined) return stop
      const page = await this.#documents.page({ shard, after, upTo: from, pendingOnly: true })
      await this.#queue(page.waiting)
      this.#count(page.scanned)
      after = page.last
    }
    return undefined
  }

  async #changes(part: SweptPart, scope: CheckpointScope): Promise<Stop | undefined> {
    const { shard, history, from, globalCheckpoint } = part
    for (let after = from; after < globalCheckpoint; ) {
      const stop = await this.#mustStop()
      if (stop !== undefined) return stop
      const page = await this.#documents.page({ shard, after, upTo: globalCheckpoint })
      if (page.waiting.length > 0) await sleep(SETTLE_MS)
      await this.#queue([...page.waiting, ...(await this.#restore(page.lost))])
      const seqNo = page.last
      await saveCheckpoint(this.#target.queue.redis, scope, { shard, history, seqNo })
      this.#remaining -= seqNo - after
      this.#count(page.scanned)
      after = seqNo
    }
    return undefined
  }

  async #mustStop(): Promise<Stop | undefined> {
    const { lease, options, queue } = this.#target
    if (options.signal?.aborted) return 'stopped'
    if (!lease.isHeld()) return 'taken'
    return (await queue.isFull()) ? 'full' : undefined
  }

  #restore(lost: readonly LostVector[]): Promise<QueuedDocument[]> {
    const { client, installed } = this.#target
    return markLost(client, installed.name, installed.specification, lost)
  }

  async #queue(found: readonly QueuedDocument[]): Promise<void> {
    const { client, queue } = this.#target
    const { name: index, specification } = this.#target.installed
    const waiting = await withoutStuck(client, index, specification.fingerprint, found)
    if (waiting.length === 0) return
    const { jobs, documents } = await queue.add(index, specification.fingerprint, waiting)
    this.found += waiting.length
    this.jobs += jobs
    this.queued += documents
  }

  #count(scanned: number): void {
    this.scanned += scanned
    this.#target.options.onPage?.({ scanned: this.scanned, remaining: this.#remaining })
  }
}

/** A shard and the position where its sweep starts. */
interface SweptPart extends ShardCheckpoint {
  readonly from: number
}
