import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { ChunkSize } from '../../opensearch/chunk-size.ts'
import type { Persistence } from '../../opensearch/failures/back-off.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import { resultWindow } from '../../opensearch/index-limits.ts'
import { countDocuments } from '../../opensearch/internal-search.ts'
import { primaryOf, readChanges, shardCheckpoints } from '../../opensearch/shard-changes.ts'
import { readRaw } from '../documents/raw-documents.ts'
import { jobDocument } from '../queue/job-data.ts'
import type { EncodeQueue } from '../queue/queue.ts'
import { Encoding, unsettled } from './run/encoding.ts'
import { assertGoesOn, patiently } from './run/patience.ts'
import type { ReindexRun } from './run/run.ts'
import type { Checkpoints, ReindexProgress, ReindexState } from './run/state.ts'

export interface InPlace {
  readonly client: Client
  readonly queue: EncodeQueue
  /** Run of an index whose mapping and ingest pipeline are set up: new documents are stamped. */
  readonly run: ReindexRun
  readonly onProgress?: ((progress: ReindexProgress) => void) | undefined
}

export interface InPlaceReport {
  readonly documents: number
  readonly ready: number
  readonly empty: number
  readonly failed: number
  /** Number of documents written by clients since then; a sweep or their own jobs handle them. */
  readonly pending: number
  readonly queued: number
}

const POLL_MS = 500
const PATIENCE_MS = 300_000

/**
 * Queues every document of an index that has no vector of the run's fingerprint, in the order of their last change, and
 * waits until they are encoded. Clients search and write as before.
 *
 * @throws Paused when asked to stop; LexpandError INDEX when documents cannot be encoded
 */
export async function fillInPlace({ client, queue, run, onProgress }: InPlace): Promise<InPlaceReport> {
  const persistence: Persistence = { giveUpAfterMs: PATIENCE_MS, signal: run.signal }
  const { source: index, specification } = run.state
  const { fingerprint } = specification
  const encoding = new Encoding({ client, queue, index, fingerprint, persistence, signal: run.signal })
  const look = async () => {
    const counts = await encoding.look()
    const progress = encoding.progress(counts, counts.documents)
    run.note({ progress })
    onProgress?.(progress)
    return counts
  }
  const page = new ChunkSize()
  let lastLook = Number.NEGATIVE_INFINITY
  const fences: Record<string, number> = {}
  const shards = await patiently(() => shardCheckpoints(client, index), persistence)
  const window = await patiently(() => resultWindow(client, index), persistence)
  for (const { shard, globalCheckpoint } of shards) {
    fences[shard] = globalCheckpoint
    for (;;) {
      assertGoesOn(run.signal)
      await encoding.room()
      const after = run.state.checkpoints[shard] ?? -1
      const size = Math.min(page.documents, window)
      const range = { shard, after, upTo: globalCheckpoint, size, filter: unsettled(fingerprint) }
      const { changes, reached, isLast } = await patiently(
        () => readChanges(client, index, range),
        persistence,
      )
      // Reads the present versions: a job names them, and workers compare them.
      const { documents } = await patiently(
        () => readRaw(client, { index, part: 'reindex' }, changes, ['_']),
        persistence,
      )
      const queued = changes.flatMap(({ id, routing }, at) => {
        const document = documents[at]
        if (document === undefined) return []
        const { seqNo, primaryTerm } = document
        return jobDocument({ id, routing, seqNo, primaryTerm })
      })
      await encoding.add(queued)
      page.taken()
      run.note({
        checkpoints: { ...run.state.checkpoints, [shard]: reached },
        copied: run.state.copied + queued.length,
      })
      if (performance.now() - lastLook > 1_000) {
        await look()
        lastLook = performance.now()
      }
      if (isLast) break
    }
  }
  for (;;) {
    assertGoesOn(run.signal)
    const counts = await look()
    if (counts.pending === 0 || (await waiting(client, run.state, fences, persistence)) === 0) {
      await run.save({ phase: 'done', finished_at: new Date().toISOString() })
      const { documents, ready, empty, failed, pending } = counts
      return { documents, ready, empty, failed, pending, queued: run.state.copied }
    }
    await sleep(POLL_MS)
  }
}

/** Number of documents that existed when the run began and still have no vector; documents that clients write meanwhile would never end. */
async function waiting(
  client: Client,
  { source: index, specification: { fingerprint } }: ReindexState,
  fences: Checkpoints,
  persistence: Persistence,
): Promise<number> {
  let sum = 0
  for (const [shard, upTo] of Object.entries(fences)) {
    const query = {
      bool: { filter: [{ range: { _seq_no: { lte: upTo } } }, unsettled(fingerprint)] },
    }
    sum += await patiently(
      () =>
        countDocuments(client, { index, preference: primaryOf(Number(shard)), query }).catch(
          (error: unknown) => {
            throw translateEngineError(error, { part: 'reindex', index })
          },
        ),
      persistence,
    )
  }
  return sum
}
