import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { moveAliases } from '../../opensearch/alias.ts'
import type { Persistence } from '../../opensearch/failures/back-off.ts'
import { refreshAll } from '../../opensearch/shard-changes.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { countStates } from '../documents/index-states.ts'
import type { EncodeQueue } from '../queue/queue.ts'
import { assertSameCount } from './copy/equalize.ts'
import { type Following, follow, isCaughtUp } from './copy/follow.ts'
import { freeze, lastNumbers, unfreeze } from './copy/freeze.ts'
import { Orphans } from './copy/orphans.ts'
import { towardsOld } from './copy/reshape.ts'
import { Encoding } from './run/encoding.ts'
import { patiently } from './run/patience.ts'
import { findIndex, hasAliases } from './run/plan.ts'
import { reinstate, retire } from './run/retire.ts'
import type { ReindexRun } from './run/run.ts'

export interface RollBack {
  readonly client: Client
  readonly run: ReindexRun
  /** Specification of the old index and the queue of its model; undefined when Lexpand did not set it up. */
  readonly old: { readonly specification: IndexSpecification; readonly queue: EncodeQueue } | undefined
}

export interface RollBackReport {
  readonly documents: number
  /** Number of documents of the old index that wait for a vector of the old model: written while the new index was in use. */
  readonly pending: number
  /** Number of documents carried back. */
  readonly copied: number
  readonly removed: number
  readonly writeBlockedMs: number | undefined
}

const PATIENCE_MS = 300_000

/**
 * Moves the aliases back to the old index, after everything written to the new one since the swap, deletes included,
 * has been carried over. Waits for no vector: texts that changed are `pending` in the old index until a worker of the
 * old model encodes them. The new index then stays blocked, as the old one was.
 *
 * @throws Paused when asked to stop; LexpandError INDEX when the two do not become equal
 */
export async function rollBack(rollback: RollBack): Promise<RollBackReport> {
  const { client, run, old } = rollback
  const persistence: Persistence = { giveUpAfterMs: PATIENCE_MS, signal: run.signal, firstMs: 50 }
  const { source, target, specification, swapped_at } = run.state
  if (swapped_at === undefined) throw neverSwapped(target)
  if (run.state.phase === 'done') {
    await run.save({ phase: 'rolling_back', checkpoints: swapped_at.target, copied: 0, removed: 0 })
  }
  const encoding =
    old === undefined
      ? undefined
      : new Encoding({
          client,
          queue: old.queue,
          index: source,
          fingerprint: old.specification.fingerprint,
          persistence,
          signal: run.signal,
        })
  const link = {
    client,
    from: target,
    to: source,
    sparseField: old?.specification.sparse_field,
    keepsVersions: specification.versioning === 'external',
    reshape: towardsOld(old?.specification, specification),
    persistence,
  }
  const following: Following = { run, link, encoding }
  const hasMoved = () => hasAliases(client, source, run.state.aliases)
  if (run.state.phase === 'rolling_back' && !(await patiently(hasMoved, persistence))) {
    await patiently(() => reinstate(client, source), persistence)
    await patiently(() => unfreeze(client, source), persistence)
    await patiently(() => unfreeze(client, target), persistence)
    const orphans = new Orphans(following, swapped_at.source)
    for (let before = Number.POSITIVE_INFINITY; ; ) {
      const seen = await follow(following)
      await orphans.remove()
      if (isCaughtUp(seen, before)) break
      before = seen
    }
    const startedAt = performance.now()
    let isDone = false
    try {
      await patiently(() => freeze(client, target), persistence)
      const last = await patiently(() => lastNumbers(client, target), persistence)
      await follow(following, last)
      await orphans.remove()
      await patiently(() => refreshAll(client, source), persistence)
      await patiently(() => assertSameCount(client, target, source), persistence)
      // The aliases are read again: their filters may have changed since.
      const current = (await findIndex(client, target))?.aliases ?? run.state.aliases
      await patiently(async () => {
        if (!(await hasMoved())) await moveAliases(client, target, source, current)
      }, persistence)
      isDone = true
      await run.save({ write_blocked_ms: Math.round(performance.now() - startedAt) })
    } finally {
      // The attempt that moved the aliases may be the one whose answer was lost: the block has to stay then.
      const toTheEnd = { ...persistence, signal: undefined }
      if (!isDone && !(await patiently(hasMoved, toTheEnd))) {
        // Throws when another process has the run: the block may belong to that process by now.
        await run.save({})
        await patiently(() => unfreeze(client, target), toTheEnd)
      }
    }
  }
  if (run.state.phase === 'rolling_back') {
    await patiently(() => retire(client, target), persistence)
    await run.save({ phase: 'rolled_back', finished_at: new Date().toISOString() })
  }
  await patiently(() => refreshAll(client, source), persistence)
  const { documents } = await countStates(client, source)
  const pending = old === undefined ? 0 : (await countStates(client, source)).pending
  const { copied, removed, write_blocked_ms: writeBlockedMs } = run.state
  return { documents, pending, copied, removed, writeBlockedMs }
}

function neverSwapped(target: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[reindex] expected a finished migration to ${target}, got one that has moved no alias. There is nothing to roll back: delete ${target} to give it up.`,
  )
}
