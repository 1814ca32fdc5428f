import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import { readInstalledIndices } from '../../mappings/compatibility.ts'
import { EngineDenied, isDenied } from '../../opensearch/failures/denied.ts'
import { isTransient } from '../../opensearch/failures/transient.ts'
import { refreshAll } from '../../opensearch/shard-changes.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { assertShape } from '../../sparse/shape.ts'
import { countStates } from '../documents/index-states.ts'
import type { EncodeQueue } from '../queue/queue.ts'
import { waitsFor } from '../queue/waits-for.ts'
import { sweep } from './sweep.ts'

export interface UntilEncodedOptions {
  readonly client: Client
  readonly queue: EncodeQueue
  readonly index: string
  /** Aborting ends the waiting; documents may then still be pending. */
  readonly signal?: AbortSignal | undefined
  /** Number of documents that the caller queued, for the progress. @default those that are pending at the first look */
  readonly queued?: number | undefined
  /** Called at every look. */
  readonly onProgress?: ((encoded: number, documents: number) => void) | undefined
  /** Called once with its message when a service is away, and once when the queue is paused. */
  readonly onTrouble?: ((message: string) => void) | undefined
}

const optionsSchema = z.looseObject({
  client: z.looseObject({}),
  queue: z.looseObject({ jobs: z.looseObject({}) }),
  index: z.string(),
  queued: z.int().min(0).optional(),
})

const POLL_MS = 500
/** Number of sweeps without effect after which documents count as stuck. */
const VAIN_SWEEPS = 3
/** Longest time that OpenSearch or Redis may be away. */
const PATIENCE_MS = 120_000
/** Longest time that jobs may wait for a privilege while nothing is encoded. */
const DENIED_MS = 30_000

/**
 * Waits until no document of the index is pending. Other workers may do part of the work, so the index is asked and not
 * a worker; documents that no job names (after a crash of an earlier run) are swept into the queue.
 *
 * @throws LexpandError INDEX when documents stay pending; SERVICE when the user or workers lack a privilege; the last
 *   failure when a service stays away
 */
export async function untilEncoded(options: UntilEncodedOptions): Promise<void> {
  assertShape(optionsSchema, options, 'until-encoded', 'CONFIGURATION')
  const { index, signal, onProgress, onTrouble } = options
  let total = options.queued ?? 0
  let encoded = 0
  let vain = 0
  let before = Number.POSITIVE_INFINITY
  let awaySince: number | undefined
  let saidPaused = false
  let movedAt = performance.now()
  let left = -1
  while (!signal?.aborted) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined)
    try {
      const { pending, isIdle } = await look(options)
      awaySince = undefined
      total = Math.max(total, pending)
      encoded = Math.max(encoded, total - pending)
      onProgress?.(encoded, total)
      if (pending === 0) return
      if (!saidPaused && (await options.queue.jobs.isPaused())) {
        saidPaused = true
        onTrouble?.('the queue is paused, and nothing is encoded until lexpand queue resume')
      }
      if (pending !== left) movedAt = performance.now()
      left = pending
      if (performance.now() - movedAt > DENIED_MS) await assertAllowed(options, pending)
      if (!isIdle) continue
      vain = pending < before ? 0 : vain + 1
      before = pending
      if (vain === VAIN_SWEEPS) throw stuck(index, pending)
      for (const { name } of await readInstalledIndices(options.client, index)) {
        await sweep(options.client, options.queue, name, { signal })
      }
    } catch (error) {
      if (error instanceof LexpandError && error.code === 'INDEX' && !isTransient(error)) throw error
      if (isDenied(error)) throw error
      if (awaySince === undefined) onTrouble?.(error instanceof Error ? error.message : String(error))
      awaySince ??= performance.now()
      if (performance.now() - awaySince > PATIENCE_MS) throw error
    }
  }
}

async function look({ client, queue, index }: UntilEncodedOptions) {
  const isIdle = await queue.isIdle()
  let { pending } = await countStates(client, index)
  // A search may lag by a second, so the index is refreshed before a decision.
  if (isIdle || pending === 0) {
    await refreshAll(client, index)
    pending = (await countStates(client, index)).pending
  }
  return { pending, isIdle }
}

async function assertAllowed({ queue, index }: UntilEncodedOptions, pending: number): Promise<void> {
  const reason = await waitsFor(queue, index)
  if (reason === undefined) return
  throw new EngineDenied(
    `[index] expected ${pending} documents of ${index} to be encoded, got workers that may not: ${reason} The documents are stored and pending: a worker encodes them afterwards.`,
  )
}

function stuck(index: string, pending: number): LexpandError {
  return new LexpandError(
    'INDEX',
    `[index] expected every document of ${index} to be encoded, got ${pending} that stay pending. Look at the messages above, then run lexpand doctor --index ${index}.`,
  )
}
