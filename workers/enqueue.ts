import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../mappings/specification.ts'
import type { Persistence } from './back-off.ts'
import { type PreparedDocument, prepareDocument, type SourceDocument } from './prepare-document.ts'
import type { EncodeQueue, QueuedDocument } from './queue.ts'
import { RecentIds } from './recent-ids.ts'
import { writePending } from './write-pending.ts'

export interface EnqueueTarget {
  readonly client: Client
  readonly queue: EncodeQueue
  /** Index or write alias that Lexpand has set up. */
  readonly index: string
  readonly specification: IndexSpecification
}

export interface EnqueueOptions {
  /** Called after every request to the engine. */
  readonly onProgress?: (counts: EnqueueCounts) => void
  /** How long the engine may refuse or be away before the run ends with an error. @default 120_000 */
  readonly giveUpAfterMs?: number
  /** Aborting ends the run after the request in flight. */
  readonly signal?: AbortSignal
}

export interface EnqueueCounts {
  /** Documents taken from the source. */
  read: number
  /** Documents stored. */
  indexed: number
  /** Documents without text: stored, marked `empty`. Not counted in `indexed`. */
  skipped: number
  /** Documents that could not be stored; the first {@link MAX_ERRORS} with their reason in `errors`. */
  failed: number
  /** Documents whose id came again soon after: the last one won. Counted in `indexed` as well where it was stored. */
  duplicates: number
  /** Documents handed to the queue. */
  queued: number
}

export interface EnqueueError {
  readonly id?: string
  /** Where the document came from, as given. */
  readonly position?: string
  readonly reason: string
}

export interface EnqueueReport extends EnqueueCounts {
  readonly errors: readonly EnqueueError[]
}

/** Reported with their reason; all are counted. */
export const MAX_ERRORS = 1_000
/** What OpenSearch recommends for a bulk request; also bounds the memory of a run. */
const CHUNK_BYTES = 5_000_000
const CHUNK_DOCUMENTS = 1_000

/**
 * Stores documents as pending and queues them for encoding. Documents stream: at most one request's worth is held.
 * Running it again with the same documents stores and encodes them again, never twice: ids are stable.
 *
 * A crash between storing and queueing leaves pending documents without a job; {@link sweep} queues them.
 *
 * @throws LexpandError INDEX when the index is missing or read-only; SERVICE when the engine or Redis stay away;
 *   whatever the source throws
 */
export async function enqueue(
  target: EnqueueTarget,
  documents: AsyncIterable<SourceDocument> | Iterable<SourceDocument>,
  { onProgress, giveUpAfterMs = 120_000, signal }: EnqueueOptions = {},
): Promise<EnqueueReport> {
  const run = new EnqueueRun(target, { giveUpAfterMs, signal }, onProgress)
  for await (const document of documents) {
    await run.take(document)
    if (signal?.aborted) break
  }
  await run.flush()
  return run.report
}

class EnqueueRun {
  readonly #target: EnqueueTarget
  readonly #persistence: Persistence
  readonly #onProgress: ((counts: EnqueueCounts) => void) | undefined
  readonly #recent = new RecentIds()
  /** By id and routing: within one request the order of items is the engine's, so an id may be there only once. */
  readonly #chunk = new Map<string, PreparedDocument>()
  #chunkBytes = 0
  readonly #errors: EnqueueError[] = []
  readonly #counts: EnqueueCounts = { read: 0, indexed: 0, skipped: 0, failed: 0, duplicates: 0, queued: 0 }

  constructor(
    target: EnqueueTarget,
    persistence: Persistence,
    onProgress: ((counts: EnqueueCounts) => void) | undefined,
  ) {
    this.#target = target
    this.#persistence = persistence
    this.#onProgress = onProgress
  }

  get report(): EnqueueReport {
    return { ...this.#counts, errors: this.#errors }
  }

  async take(document: SourceDocument): Promise<void> {
    this.#counts.read++
    const prepared = prepareDocument(document, this.#target.specification)
    if ('reason' in prepared) {
      this.#fail(document, prepared.reason)
      return
    }
    const key = JSON.stringify([prepared.id, prepared.routing])
    if (this.#recent.seen(key)) this.#counts.duplicates++
    const replaced = this.#chunk.get(key)
    if (replaced === undefined && this.#chunkBytes + prepared.bytes > CHUNK_BYTES) await this.flush()
    this.#chunk.set(key, prepared)
    this.#chunkBytes += prepared.bytes - (replaced?.bytes ?? 0)
    if (this.#chunk.size >= CHUNK_DOCUMENTS || this.#chunkBytes >= CHUNK_BYTES) await this.flush()
  }

  /** Stores what is collected, then queues it: a job must never be there before its document. */
  async flush(): Promise<void> {
    const chunk = [...this.#chunk.values()]
    this.#chunk.clear()
    this.#chunkBytes = 0
    if (chunk.length === 0) return
    const { client, index, queue, specification } = this.#target
    const written = await writePending(client, index, chunk, this.#persistence)
    const byIndex = new Map<string, QueuedDocument[]>()
    for (const [at, document] of chunk.entries()) {
      const result = written[at] ?? { reason: 'the engine did not answer for it' }
      if ('reason' in result) {
        this.#fail(document, result.reason)
      } else if (document.blank) {
        this.#counts.skipped++
      } else {
        this.#counts.indexed++
        const queued = byIndex.get(result.index) ?? []
        byIndex.set(result.index, queued)
        queued.push({
          id: document.id,
          ...(document.routing === undefined ? {} : { routing: document.routing }),
          seq_no: result.seqNo,
          primary_term: result.primaryTerm,
          text_hash: document.textHash,
          textBytes: document.textBytes,
        })
      }
    }
    for (const [concrete, queued] of byIndex) {
      await queue.add(concrete, specification.fingerprint, queued)
      this.#counts.queued += queued.length
    }
    this.#onProgress?.({ ...this.#counts })
  }

  #fail({ id, position }: { id?: string; position?: string | undefined }, reason: string): void {
    this.#counts.failed++
    if (this.#errors.length === MAX_ERRORS) return
    this.#errors.push({
      ...(id === undefined ? {} : { id }),
      ...(position === undefined ? {} : { position }),
      reason,
    })
  }
}
