import { type SetUpOptions, setUp } from '../../indices/index.ts'
import type { VectorType } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { refreshAll } from '../../opensearch/shard-changes.ts'
import type { Windowing } from '../../sparse/index.ts'
import {
  countStates,
  countTruncated,
  failedDocuments,
  type Truncation,
} from '../../workers/documents/index-states.ts'
import {
  type EnqueueCounts,
  type EnqueueError,
  enqueue,
  openQueue,
  type RunningWorker,
  type SourceDocument,
  startWorker,
  untilEncoded,
} from '../../workers/index.ts'
import type { Connection } from '../shell/connect.ts'
import { note } from '../shell/output.ts'
import { notingLogger } from '../shell/process/logger.ts'
import { progressBar } from '../shell/progress.ts'

export interface FillOptions {
  readonly connection: Connection
  readonly model: Model
  readonly index: string
  readonly fields: readonly string[]
  readonly sparseField?: string | undefined
  readonly windowing?: Windowing | undefined
  readonly analyzer?: string | undefined
  readonly vectorType?: VectorType | undefined
  readonly versioning?: SetUpOptions['versioning']
  readonly mapping?: SetUpOptions['mapping']
  readonly settings?: SetUpOptions['settings']
  readonly documents: AsyncIterable<SourceDocument>
  /** Called when the index exists and before the first document is stored. */
  readonly onInstalled?: (() => Promise<void>) | undefined
  /** Whether this process also encodes, until no document of the index is pending. */
  readonly wait: boolean
  readonly signal: AbortSignal
}

export interface FillReport extends EnqueueCounts {
  /** Documents without text, or unchanged in the index. */
  readonly skipped: number
  /** Documents that this process gave a vector. */
  readonly encoded: number
  /** Encoded documents in a language or script that the model can hardly read. */
  readonly unreadable: number
  /** Documents not stored, or marked as failed in the index. */
  readonly failed: number
  /** Documents of the index that still wait for a vector. */
  readonly pending: number
  /** Text beyond the windows, over all documents of the index. */
  readonly truncation: Truncation
  readonly seconds: number
  readonly errors: readonly EnqueueError[]
}

/** Number of reasons in a report; the counts cover all. */
const REPORTED_ERRORS = 20

/**
 * Sets the index up, stores documents, queues them, and (with `wait`) encodes until none is pending. An early end
 * leaves pending documents, which a repeated run, a worker or a sweep completes.
 *
 * @throws LexpandError INDEX, SERVICE or CONFIGURATION as the parts do
 */
export async function fillIndex(options: FillOptions): Promise<FillReport> {
  const { connection, index, signal } = options
  const { client } = connection
  const startedAt = performance.now()
  const { fields, sparseField, windowing, analyzer, vectorType, versioning, mapping, settings } = options
  const wanted = { fields, sparseField, windowing, analyzer, vectorType, versioning, mapping, settings }
  await setUp(client, options.model, index, wanted)
  await options.onInstalled?.()
  const queue = await openQueue({ redis: connection.redisPlace, model: options.model })
  const progress = progressBar('encode')
  let worker: RunningWorker | undefined
  try {
    if (options.wait) worker = await startOwnWorker(options)
    const target = { client, queue, index }
    const counts = await enqueue(target, options.documents, {
      signal,
      onProgress: (soFar) => progress.update(Math.min(worker?.stats.ready ?? 0, soFar.queued), soFar.queued),
    })
    await refreshAll(client, index)
    if (worker !== undefined)
      await untilEncoded({
        client,
        queue,
        index,
        signal,
        queued: counts.queued,
        onProgress: (encoded, all) => progress.update(encoded, all),
        onTrouble: (message) => note(`Waiting for a service: ${message}`),
      })
    await refreshAll(client, index)
    const states = await countStates(client, index)
    const failures = states.failed === 0 ? [] : await failedDocuments(client, index, REPORTED_ERRORS)
    return {
      ...counts,
      skipped: counts.skipped + counts.unchanged,
      failed: counts.failed + states.failed,
      encoded: worker?.stats.ready ?? 0,
      unreadable: worker?.stats.unreadable ?? 0,
      pending: states.pending,
      truncation: await countTruncated(client, index),
      seconds: (performance.now() - startedAt) / 1000,
      errors: [...counts.errors, ...failures].slice(0, REPORTED_ERRORS),
    }
  } finally {
    progress.stop()
    await worker?.close()
    await queue.close()
  }
}

/** A command that is stopped ends within three seconds; unfinished jobs go back to the queue. */
const CLOSE_MS = 1_000

function startOwnWorker({ connection, model, signal }: FillOptions): Promise<RunningWorker> {
  const { client, redisPlace } = connection
  const logger = notingLogger(signal)
  return startWorker({ client, redis: redisPlace, model, logger, closeTimeoutMs: CLOSE_MS })
}
