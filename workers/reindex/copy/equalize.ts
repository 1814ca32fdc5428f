import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'
import { countDocuments } from '../../../opensearch/internal-search.ts'
import { refreshAll } from '../../../opensearch/shard-changes.ts'
import { LexpandError } from '../../../sparse/errors.ts'
import { assertGoesOn, patiently } from '../run/patience.ts'
import { copyDocuments } from './copy.ts'
import { differences } from './difference.ts'
import type { Following } from './follow.ts'

/**
 * Compares an index with its copy up to the run's checkpoints and repairs the differences. Deletes are carried over in
 * this way, since they leave no sequence number that a reader could follow.
 *
 * @returns number of documents looked at
 */
export async function repair({ run, link, encoding }: Following): Promise<number> {
  const { client, from, to, persistence } = link
  await patiently(() => refreshAll(client, to), persistence)
  let seen = 0
  const repairShard = async (shard: number, upTo: number) => {
    const request = { client, source: from, target: to, shard, upTo, persistence }
    for await (const candidates of differences(request)) {
      assertGoesOn(run.signal)
      const copied = await copyDocuments(link, candidates)
      await encoding?.add(copied.pending)
      run.note({
        copied: run.state.copied + copied.written,
        removed: run.state.removed + copied.removed,
      })
      seen += candidates.length
    }
  }
  const shards = Object.entries(run.state.checkpoints)
  for (let at = 0; at < shards.length; at += SHARDS_AT_ONCE) {
    const some = shards.slice(at, at + SHARDS_AT_ONCE)
    await Promise.all(some.map(([shard, upTo]) => repairShard(Number(shard), upTo)))
  }
  return seen
}

/** Shards are compared at the same time, because clients may be waiting for the comparison. */
const SHARDS_AT_ONCE = 8
const MAX_REPAIRS = 5

/**
 * Repairs a copy of a frozen index until nothing differs.
 *
 * @throws LexpandError INDEX when differences remain: the copy must not replace the original then
 */
export async function equalize(following: Following): Promise<void> {
  for (let attempt = 0; attempt < MAX_REPAIRS; attempt++) {
    if ((await repair(following)) === 0) {
      const { client, from, to, persistence } = following.link
      await patiently(() => assertSameCount(client, from, to), persistence)
      return
    }
  }
  const { from, to } = following.link
  throw new LexpandError(
    'INDEX',
    `[reindex] expected ${to} to equal ${from}, got differences after ${MAX_REPAIRS} repairs. Nothing was switched. Look whether somebody else writes to ${to}, then run this again.`,
  )
}

/** Compares the numbers of documents at the end: a document that was not copied has no number to compare. Both indices are refreshed. */
export async function assertSameCount(client: Client, from: string, to: string): Promise<void> {
  const [original, copy] = await Promise.all(
    [from, to].map((index) =>
      countDocuments(client, { index }).catch((error: unknown) => {
        throw translateEngineError(error, { part: 'reindex', index })
      }),
    ),
  )
  if (original === copy) return
  throw new LexpandError(
    'INDEX',
    `[reindex] expected ${original} documents in ${to} as in ${from}, got ${copy}. Nothing was switched. Look whether somebody else writes to ${to}, then run this again.`,
  )
}
