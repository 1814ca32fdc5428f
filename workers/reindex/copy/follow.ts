import { ChunkSize } from '../../../opensearch/chunk-size.ts'
import { resultWindow } from '../../../opensearch/index-limits.ts'
import { readChanges, type ShardCheckpoint, shardCheckpoints } from '../../../opensearch/shard-changes.ts'
import type { Encoding } from '../run/encoding.ts'
import { assertGoesOn, patiently } from '../run/patience.ts'
import type { ReindexRun } from '../run/run.ts'
import { type CopyLink, copyDocuments } from './copy.ts'

export interface Following {
  readonly run: ReindexRun
  readonly link: CopyLink
  /** Encoding of the index that is written to; undefined when that index has no vectors. */
  readonly encoding: Encoding | undefined
  /** Called after every page. */
  readonly onPage?: (() => void) | undefined
}

/** A copy into an index that gets vectors. */
export interface FollowingWithEncoding extends Following {
  readonly encoding: Encoding
}

/**
 * Copies every document of `link.from` that changed since the run's checkpoints, in the order of the changes, up to the
 * newest change that is on all copies. The first call copies the index, later calls the documents written meanwhile.
 *
 * After a crash at most the changes of the last second are read again.
 *
 * @param shards checkpoints of `link.from`, if known already
 * @returns number of documents read
 */
export async function follow(
  { run, link, encoding, onPage }: Following,
  shards?: readonly ShardCheckpoint[],
): Promise<number> {
  const { client, from, persistence } = link
  let seen = 0
  const page = new ChunkSize()
  const current = shards ?? (await patiently(() => shardCheckpoints(client, from), persistence))
  const window = await patiently(() => resultWindow(client, from), persistence)
  for (const { shard, globalCheckpoint } of current) {
    for (;;) {
      assertGoesOn(run.signal)
      await encoding?.room()
      const after = run.state.checkpoints[shard] ?? -1
      const size = Math.min(page.documents, window)
      const range = { shard, after, upTo: globalCheckpoint, size }
      const { changes, reached, isLast } = await patiently(
        () => readChanges(client, from, range),
        persistence,
      )
      const copied = await copyDocuments(
        link,
        changes.map(({ id, routing }) => ({ id, routing, shard })),
      )
      await encoding?.add(copied.pending)
      run.note({
        checkpoints: { ...run.state.checkpoints, [shard]: reached },
        copied: run.state.copied + copied.written,
        removed: run.state.removed + copied.removed,
      })
      page.taken()
      seen += changes.length
      onPage?.()
      if (isLast) break
    }
  }
  return seen
}

const FEW_CHANGES = 100
const MANY_CHANGES = 5_000

/**
 * Whether another round would not make the rest smaller: few changes are left, or as many arrive as are carried over.
 *
 * @param seen changes of the last round
 * @param before changes of the round before
 */
export function isCaughtUp(seen: number, before: number): boolean {
  return seen <= FEW_CHANGES || (seen <= MANY_CHANGES && seen >= 0.7 * before)
}
