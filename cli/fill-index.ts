import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import {
  type IndexSpecification,
  installIndex,
  resolveEncoding,
  specificationFor,
} from '../mappings/index.ts'
import { fingerprint, type Model } from '../models/index.ts'
import { installIngestPipeline } from '../pipelines/index.ts'
import { LexpandError } from '../sparse/errors.ts'
import {
  type EncodeQueue,
  type EnqueueCounts,
  type EnqueueError,
  enqueue,
  openQueue,
  type RunningWorker,
  type SourceDocument,
  startWorker,
  sweep,
} from '../workers/index.ts'
import type { Connection } from './connect.ts'
import { countStates, failedDocuments } from './index-states.ts'
import { notingLogger } from './logger.ts'
import { type Progress, progressBar } from './progress.ts'
import { withoutUnchanged } from './unchanged.ts'

export interface FillOptions {
  readonly connection: Connection
  readonly model: Model
  readonly index: string
  readonly fields: readonly string[]
  readonly sparseField?: string
  readonly analyzer?: string
  readonly documents: AsyncIterable<SourceDocument>
  /** Called when the index is there and before the first document is stored. */
  readonly onInstalled?: () => Promise<void>
  /** Whether this process encodes, too, until nothing in the index is pending. */
  readonly wait: boolean
  readonly signal: AbortSignal
}

export interface FillReport extends Omit<EnqueueCounts, 'queued'> {
  /** Without text, or in the index already as they are. */
  readonly skipped: number
  /** Of the skipped: in the index already, with their vector. */
  readonly unchanged: number
  /** Not stored, or marked failed in the index. */
  readonly failed: number
  /** Documents of the index that still wait for a vector. */
  readonly pending: number
  readonly seconds: number
  readonly errors: readonly EnqueueError[]
}

/** Reasons given in a report; the counts cover all. */
const REPORTED_ERRORS = 20

/**
 * Makes the index ready, stores documents, queues them, and (when told to wait) encodes until none is pending.
 * Whatever ends it early leaves pending documents, which a repeated run, a worker or a sweep completes.
 *
 * @throws LexpandError INDEX, SERVICE or CONFIGURATION as the parts do
 */
export async function fillIndex(options: FillOptions): Promise<FillReport> {
  const { connection, index, signal } = options
  const { client } = connection
  const startedAt = performance.now()
  const specification = specify(options)
  const { created } = await installIndex(
    client,
    index,
    specification,
    options.analyzer === undefined ? {} : { analyzer: options.analyzer },
  )
  await installIngestPipeline(client, index, specification)
  await options.onInstalled?.()
  const queue = await openQueue(connection.redisUrl, options.model.identity)
  const worker = options.wait ? await startOwnWorker(options) : undefined
  const progress = progressBar('encode')
  try {
    let unchanged = 0
    const documents = created
      ? options.documents
      : withoutUnchanged(client, index, specification, options.documents, (count) => {
          unchanged += count
        })
    const { queued, ...counts } = await enqueue({ client, queue, index, specification }, documents, {
      signal,
      onProgress: (soFar) => progress.update(encodedBy(worker), soFar.queued),
    })
    if (worker !== undefined) await untilEncoded({ client, queue, index, signal, progress, queued, worker })
    await client.indices.refresh({ index })
    const states = await countStates(client, index)
    const failures = states.failed === 0 ? [] : await failedDocuments(client, index, REPORTED_ERRORS)
    return {
      ...counts,
      read: counts.read + unchanged,
      skipped: counts.skipped + unchanged,
      unchanged,
      failed: counts.failed + states.failed,
      pending: states.pending,
      seconds: (performance.now() - startedAt) / 1000,
      errors: [...counts.errors, ...failures].slice(0, REPORTED_ERRORS),
    }
  } finally {
    progress.stop()
    await worker?.close()
    await queue.close()
  }
}

function specify({ model, fields, sparseField }: FillOptions): IndexSpecification {
  const chosen = { fields, ...(sparseField === undefined ? {} : { sparseField }) }
  return specificationFor(model, chosen, fingerprint(model.identity, resolveEncoding(model, chosen)))
}

function startOwnWorker({ connection, model }: FillOptions): Promise<RunningWorker> {
  const { client, redisUrl } = connection
  return startWorker({ client, redisUrl, model, logger: notingLogger() })
}

function encodedBy(worker: RunningWorker | undefined): number {
  if (worker === undefined) return 0
  const { ready, empty, failed, settled } = worker.stats
  return ready + empty + failed + settled
}

interface Waiting {
  readonly client: Client
  readonly queue: EncodeQueue
  readonly index: string
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly queued: number
  readonly worker: RunningWorker
}

const POLL_MS = 500
/** Sweeps without any effect after which documents count as stuck. */
const VAIN_SWEEPS = 3

/**
 * Waits until no document of the index is pending. Other workers may do part of the work, so the index is asked,
 * not our own worker; documents that no job names (a crash of an earlier run) are swept into the queue.
 */
async function untilEncoded(waiting: Waiting): Promise<void> {
  const { client, queue, index, signal, progress, queued, worker } = waiting
  let vain = 0
  let before = Number.POSITIVE_INFINITY
  while (!signal.aborted) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined)
    const { wait = 0, active = 0, delayed = 0, prioritized = 0 } = await queue.jobs.getJobCounts()
    const isIdle = wait + active + delayed + prioritized === 0
    let { pending } = await countStates(client, index)
    // What a search sees may be a second old: before a decision the index is refreshed.
    if (isIdle || pending === 0) {
      await client.indices.refresh({ index })
      pending = (await countStates(client, index)).pending
    }
    const encoded = Math.max(encodedBy(worker), queued - pending)
    progress.update(encoded, encoded + pending)
    if (pending === 0) return
    if (!isIdle) continue
    vain = pending < before ? 0 : vain + 1
    before = pending
    if (vain === VAIN_SWEEPS) {
      throw new LexpandError(
        'INDEX',
        `[index] expected every document of ${index} to be encoded, got ${pending} that stay pending. Look at the messages above, then run lexpand doctor --index ${index}.`,
      )
    }
    await sweep(client, queue, index)
  }
}
