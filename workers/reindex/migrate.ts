import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../../mappings/specification.ts'
import type { Persistence } from '../../opensearch/failures/back-off.ts'
import { refreshAll } from '../../opensearch/shard-changes.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { countStates, type StateCounts } from '../documents/index-states.ts'
import type { EncodeQueue } from '../queue/queue.ts'
import { repair } from './copy/equalize.ts'
import { type FollowingWithEncoding, follow, isCaughtUp } from './copy/follow.ts'
import { unfreeze } from './copy/freeze.ts'
import { towardsNew } from './copy/reshape.ts'
import { Encoding } from './run/encoding.ts'
import { waitingUpTo } from './run/fence.ts'
import { assertGoesOn, patiently } from './run/patience.ts'
import { findIndex } from './run/plan.ts'
import { retire } from './run/retire.ts'
import type { ReindexRun } from './run/run.ts'
import type { Checkpoints, ReindexProgress } from './run/state.ts'
import { hasMoved, MAX_BLOCK_MS, type Swap, swap } from './swap.ts'

export interface Migration extends Swap {
  /** Queue of the new index's model. */
  readonly queue: EncodeQueue
  /** Undefined when Lexpand did not set the old index up. */
  readonly oldSpecification: IndexSpecification | undefined
  /**
   * Compares old and new before the alias moves, while clients still write. Has to throw a LexpandError with the
   * figures when the new index is not good enough.
   */
  readonly gate: () => Promise<void>
  readonly onProgress?: ((progress: ReindexProgress) => void) | undefined
}

export interface MigrationReport {
  readonly documents: number
  readonly ready: number
  readonly empty: number
  readonly failed: number
  readonly copied: number
  readonly removed: number
  /** Undefined when the process that moved the alias died before it recorded the time. */
  readonly writeBlockedMs: number | undefined
}

const POLL_MS = 250
const MAX_ATTEMPTS = 5
const PATIENCE_MS = 300_000

/**
 * Fills the new index, keeps it up to date while clients write to the old one, and moves the aliases when both are
 * equal, every document has its vector, and the gate agrees. Clients are kept from writing only during the last step.
 * No acknowledged write is lost, and the old index stays blocked, so that a writer that does not use the alias gets an
 * error instead of losing its writes silently.
 *
 * @throws Paused when asked to stop; LexpandError INDEX when the gate, the comparison or the new mapping refuses: the
 *   aliases are unchanged then
 */
export async function migrate(migration: Migration): Promise<MigrationReport> {
  const { client, run } = migration
  const persistence: Persistence = { giveUpAfterMs: PATIENCE_MS, signal: run.signal, firstMs: 50 }
  const { source, target, specification } = run.state
  const following = followingOf(migration, persistence)
  if (run.state.phase === 'swapping') {
    if (await patiently(() => hasMoved(client, run), persistence)) return finished(migration, persistence)
    // A process died while the old index was blocked: clients are waiting.
    await patiently(() => unfreeze(client, source), persistence)
    await run.save({ phase: 'copying' })
  }
  if (run.state.phase === 'copying') {
    await assertSameLife(client, run)
    await catchUp(migration, following)
    await migration.gate()
    for (let attempt = 0; ; attempt++) {
      // The gate may have taken a long time.
      await catchUp(migration, following)
      if (await swap(migration, following, persistence)) break
      if (attempt + 1 === MAX_ATTEMPTS) {
        throw new LexpandError(
          'INDEX',
          `[reindex] expected the last vectors of ${target} within ${MAX_BLOCK_MS / 1_000} s, got fewer in ${MAX_ATTEMPTS} tries (fingerprint ${specification.fingerprint}). Nothing was switched. Start more workers, or write less, and run this again.`,
        )
      }
    }
  }
  return finished(migration, persistence)
}

function followingOf({ client, queue, run, oldSpecification }: Migration, persistence: Persistence) {
  const { source, target, specification } = run.state
  const encoding = new Encoding({
    client,
    queue,
    index: target,
    fingerprint: specification.fingerprint,
    persistence,
    signal: run.signal,
  })
  const link = {
    client,
    from: source,
    to: target,
    sparseField: specification.sparse_field,
    keepsVersions: specification.versioning === 'external',
    reshape: towardsNew(oldSpecification, specification),
    persistence,
  }
  return { run, link, encoding } satisfies FollowingWithEncoding
}

/**
 * Copies and follows until every document that existed at first has its vector and few changes are left to carry over.
 * The decision does not use a count of missing vectors: a few are all of a small index.
 */
async function catchUp(migration: Migration, following: FollowingWithEncoding): Promise<void> {
  const { client, run, onProgress } = migration
  const { encoding } = following
  let total = 0
  let lastLook = 0
  const look = async (): Promise<StateCounts> => {
    lastLook = performance.now()
    total = (await countStates(client, run.state.source)).documents
    const counts = await encoding.look()
    const progress = encoding.progress(counts, total)
    run.note({ progress })
    onProgress?.(progress)
    return counts
  }
  const { target, specification } = run.state
  const isEncoded = async (upTo: Checkpoints) =>
    (await patiently(
      () => waitingUpTo(client, target, specification.fingerprint, upTo),
      following.link.persistence,
    )) === 0
  let looking: Promise<unknown> = Promise.resolve()
  const onPage = () => {
    if (performance.now() - lastLook < 1_000) return
    lastLook = performance.now()
    looking = looking.then(look).catch(() => {})
  }
  let fence: Checkpoints | undefined
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    assertGoesOn(run.signal)
    const seen = await follow({ ...following, onPage })
    fence ??= run.state.checkpoints
    await looking
    const { pending } = await patiently(look, following.link.persistence)
    if (isCaughtUp(seen, before) && (pending === 0 || (await isEncoded(fence)))) {
      // Deletes so far are carried over now, before clients have to wait for the later ones.
      const differing = await repair(following)
      if (isCaughtUp(differing, differing)) return
    }
    before = seen
    await sleep(POLL_MS)
  }
}

async function finished({ client, run }: Migration, persistence: Persistence): Promise<MigrationReport> {
  if (run.state.phase !== 'done') {
    await patiently(() => retire(client, run.state.source), persistence)
    await run.save({ phase: 'done', finished_at: new Date().toISOString() })
  }
  const { target, copied, removed, write_blocked_ms: writeBlockedMs } = run.state
  const counts = await patiently(async () => {
    await refreshAll(client, target)
    return countStates(client, target)
  }, persistence)
  const { documents, ready, empty, failed } = counts
  return { documents, ready, empty, failed, copied, removed, writeBlockedMs }
}

/** Refuses an index that was deleted and made again: checkpoints of the earlier one are void. */
async function assertSameLife(
  client: Client,
  { state: { source, source_uuid, target, target_uuid } }: ReindexRun,
) {
  for (const [name, uuid] of [
    [source, source_uuid],
    [target, target_uuid],
  ] as const) {
    const found = await findIndex(client, name)
    if (found?.uuid === uuid) continue
    throw new LexpandError(
      'INDEX',
      `[reindex] expected the index ${name} with which the run began, got ${found === undefined ? 'none' : 'another of that name'}. Delete ${target} and start anew.`,
    )
  }
}
