import type { Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { ChunkSize } from '../../opensearch/chunk-size.ts'
import type { Persistence } from '../../opensearch/failures/back-off.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { assertShape } from '../../sparse/shape.ts'
import { keyOf } from '../documents/read-documents.ts'
import type { WritePersistence } from '../documents/write-back.ts'
import { jobDocument } from '../queue/job-data.ts'
import type { EncodeQueue, QueuedDocument } from '../queue/queue.ts'
import { NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.ts'
import { type PreparedDocument, prepareDocument, type SourceDocument } from './prepare-document.ts'
import { RecentIds } from './recent-ids.ts'
import { reuseStored } from './reuse.ts'
import { readWriteIndex, type WriteIndex } from './write-index.ts'
import { type Written, writePending } from './write-pending.ts'

export interface EnqueueTarget {
  readonly client: Client
  readonly queue: EncodeQueue
  /** Index or write alias that Lexpand has set up. */
  readonly index: string
  /** @default read from the index; needed where an alias has several indices, of which one is the write index */
  readonly specification?: IndexSpecification | undefined
}

export interface EnqueueOptions {
  /** Called after every request to the engine. */
  readonly onProgress?: ((counts: EnqueueCounts) => void) | undefined
  /** Longest time, in milliseconds, that the engine may refuse or be away before the run ends with an error. @default 120_000 */
  readonly giveUpAfterMs?: number | undefined
  /** Aborting ends the run after the request in flight. */
  readonly signal?: AbortSignal | undefined
  /** @default no telemetry */
  readonly telemetry?: Telemetry | undefined
}

export interface EnqueueCounts {
  /** Documents taken from the source. */
  read: number
  /** Documents stored. */
  indexed: number
  /** Documents that the index already holds unchanged, with their vector, or in the same or a newer external version: not written, and not counted in `indexed`. */
  unchanged: number
  /** Documents stored with the text that the index held: their vector stayed and nothing was queued. Counted in `indexed`. */
  kept: number
  /** Documents without text: stored, marked `empty`. Not counted in `indexed`. */
  skipped: number
  /** Documents that could not be stored; `errors` holds the reasons of the first {@link MAX_ERRORS}. */
  failed: number
  /** Documents whose id came again soon afterwards: the last one wins. Counted in `indexed` as well where it was stored. */
  duplicates: number
  /** Documents handed to the queue; while it is full they stay pending for a sweep. */
  queued: number
}

export interface EnqueueError {
  readonly id?: string | undefined
  /** Position in the source, as given by the caller. */
  readonly position?: string | undefined
  readonly reason: string
}

export interface EnqueueReport extends EnqueueCounts {
  readonly errors: readonly EnqueueError[]
}

/** Largest number of documents reported with their reason; all are counted. */
export const MAX_ERRORS = 1_000

/**
 * Stores documents as pending and queues them for encoding. Documents stream: at most one request's worth is in memory.
 * Text that the index already holds is not encoded again: a document that is the same in all fields is not even
 * written, and one with the same text keeps its vector at every moment. Sending a whole collection every night
 * therefore costs only what has changed.
 *
 * A crash between storing and queueing leaves pending documents without a job, and so does a full queue (see {@link
 * EncodeQueue.isFull}): {@link sweep}, which every `lexpand worker` runs, queues them.
 *
 * @throws LexpandError INDEX when the index is missing or read-only; SERVICE when the engine or Redis stay away; and
 *   any error of the source
 */
export async function enqueue(
  target: EnqueueTarget,
  documents: AsyncIterable<SourceDocument> | Iterable<SourceDocument>,
  { onProgress, giveUpAfterMs = 120_000, signal, telemetry = NO_TELEMETRY }: EnqueueOptions = {},
): Promise<EnqueueReport> {
  assertShape(targetSchema, target, 'enqueue', 'CONFIGURATION')
  const { index, specification } = await placeOf(target)
  assertSameModel(specification, target)
  const run = new EnqueueRun(
    { ...target, index, specification },
    { giveUpAfterMs, signal },
    telemetry,
    onProgress,
  )
  for await (const document of documents) {
    await run.take(document)
    if (signal?.aborted) break
  }
  await run.flush()
  return run.report
}

async function placeOf({ client, index, specification }: EnqueueTarget): Promise<WriteIndex> {
  return specification === undefined ? readWriteIndex(client, index) : { index, specification }
}

const targetSchema = z.looseObject({
  client: z.looseObject({}),
  queue: z.looseObject({ model: z.looseObject({ identity: z.string() }) }),
  index: z.string(),
})

/** Refuses a queue of another model: its workers could never write to this index. */
function assertSameModel({ model }: IndexSpecification, { queue, index }: EnqueueTarget): void {
  if (model.identity === queue.model.identity) return
  throw new LexpandError(
    'CONFIGURATION',
    `[enqueue] expected the queue of the model that ${index} was set up with (${model.name} ${model.version}, identity ${model.identity.slice(0, 12)}), got that of identity ${queue.model.identity.slice(0, 12)}. Open the queue with that model, or reindex.`,
  )
}

type ReadyTarget = EnqueueTarget & { readonly specification: IndexSpecification }

class EnqueueRun {
  readonly #target: ReadyTarget
  readonly #persistence: WritePersistence
  readonly #size = new ChunkSize()
  readonly #telemetry: Telemetry
  readonly #onProgress: ((counts: EnqueueCounts) => void) | undefined
  readonly #recent = new RecentIds()
  /** Documents by id and routing. The engine decides the order of items within one request, so an id may be in it only once. */
  readonly #chunk = new Map<string, PreparedDocument>()
  #chunkBytes = 0
  readonly #errors: EnqueueError[] = []
  readonly #counts: EnqueueCounts = {
    read: 0,
    indexed: 0,
    unchanged: 0,
    kept: 0,
    skipped: 0,
    failed: 0,
    duplicates: 0,
    queued: 0,
  }

  constructor(
    target: ReadyTarget,
    persistence: Persistence,
    telemetry: Telemetry,
    onProgress: ((counts: EnqueueCounts) => void) | undefined,
  ) {
    this.#target = target
    this.#persistence = {
      ...persistence,
      onRefused: ({ status }) => {
        this.#size.refused()
        telemetry.engineRefused(target.index, status)
      },
    }
    this.#telemetry = telemetry
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
    const key = keyOf(prepared)
    if (this.#recent.seen(key)) this.#counts.duplicates++
    const replaced = this.#chunk.get(key)
    if (replaced === undefined && this.#chunkBytes + prepared.bytes > this.#size.bytes) await this.flush()
    this.#chunk.set(key, prepared)
    this.#chunkBytes += prepared.bytes - (replaced?.bytes ?? 0)
    if (this.#chunk.size >= this.#size.documents || this.#chunkBytes >= this.#size.bytes) await this.flush()
  }

  /** Stores the collected documents, then queues them: a job must never exist before its document. */
  async flush(): Promise<void> {
    const collected = [...this.#chunk.values()]
    this.#chunk.clear()
    this.#chunkBytes = 0
    if (collected.length === 0) return
    const { queue, specification } = this.#target
    const chunk = await this.#storeKept(collected)
    const written = await this.#write(chunk)
    const byIndex = new Map<string, QueuedDocument[]>()
    for (const [at, document] of chunk.entries()) {
      const result = written[at] ?? { reason: 'the engine did not answer for it' }
      if ('reason' in result) {
        // A client, or an earlier run, wrote this version or a newer one.
        if (document.version !== undefined && result.overtaken) this.#counts.unchanged++
        else this.#fail(document, result.reason)
      } else if (document.blank) {
        this.#counts.skipped++
      } else {
        this.#counts.indexed++
        const queued = byIndex.get(result.index) ?? []
        byIndex.set(result.index, queued)
        queued.push({
          ...jobDocument({ ...document, seqNo: result.seqNo, primaryTerm: result.primaryTerm }),
          textBytes: document.textBytes,
        })
      }
    }
    // Pending documents are safe in the index; ten million jobs at once would fill the memory of Redis.
    const isFull = byIndex.size > 0 && (await queue.isFull())
    for (const [concrete, queued] of isFull ? [] : byIndex) {
      await queue.add(concrete, specification.fingerprint, queued)
      this.#counts.queued += queued.length
    }
    this.#onProgress?.({ ...this.#counts })
  }

  /**
   * Writes the documents whose text has its vector in the index already.
   *
   * @returns the documents that have to be written as pending
   */
  async #storeKept(chunk: readonly PreparedDocument[]): Promise<PreparedDocument[]> {
    const reuses = await reuseStored(this.#target, chunk, this.#persistence)
    const kept = reuses.flatMap((reuse) => (reuse.kind === 'keep' ? [reuse.document] : []))
    const written = await this.#write(kept)
    const overtaken = new Set<string>()
    let stored = 0
    for (const [at, document] of kept.entries()) {
      const result = written[at] ?? { reason: 'the engine did not answer for it' }
      if (!('reason' in result)) stored++
      else if (result.overtaken) overtaken.add(keyOf(document))
      else this.#fail(document, result.reason)
    }
    const unchanged = reuses.filter(({ kind }) => kind === 'unchanged').length
    this.#counts.unchanged += unchanged
    this.#counts.kept += stored
    this.#counts.indexed += stored
    this.#telemetry.reused(this.#target.index, 'stored', unchanged + stored)
    // The last writer wins, as everywhere; only the vector that was read never overwrites a newer version.
    return chunk.filter((document, at) => reuses[at]?.kind === 'write' || overtaken.has(keyOf(document)))
  }

  /** The vectors of kept documents are added, so a request may be larger than the documents collected for it. */
  async #write(documents: readonly PreparedDocument[]): Promise<Written[]> {
    const { client, index } = this.#target
    const written: Written[] = []
    for (let at = 0; at < documents.length; ) {
      let bytes = 0
      const part = documents.slice(at).filter((document, row) => {
        bytes += document.bytes
        return row === 0 || bytes <= this.#size.bytes
      })
      written.push(...(await writePending(client, index, part, this.#persistence)))
      this.#size.taken()
      at += part.length
    }
    return written
  }

  #fail({ id, position }: { id?: string; position?: string | undefined }, reason: string): void {
    this.#counts.failed++
    if (this.#errors.length === MAX_ERRORS) return
    this.#errors.push({
      id,
      position,
      reason,
    })
  }
}
