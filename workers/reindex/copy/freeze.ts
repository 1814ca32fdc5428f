import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { acknowledged } from '../../../opensearch/failures/acknowledged.ts'
import { EngineBusy } from '../../../opensearch/failures/transient.ts'
import { type ShardCheckpoint, shardCheckpoints } from '../../../opensearch/shard-changes.ts'
import { LexpandError } from '../../../sparse/errors.ts'
import type { Checkpoints } from '../run/state.ts'

/**
 * Blocks an index for writing and returns when every write that was under way is finished: the block API waits for
 * them, unlike a change of the same setting. Writers get 403 (`cluster_block_exception`) until the block is lifted.
 *
 * Needs `indices:admin/block/add`.
 *
 * @throws EngineBusy while the block is not on every shard: a write could still be accepted
 */
export async function freeze(client: Client, index: string): Promise<void> {
  const { body } = await acknowledged(client.indices.addBlock({ index, block: 'write' }), {
    part: 'reindex',
    index,
  })
  const isBlocked = body.indices?.every(({ blocked }) => blocked === true) ?? true
  if (body.shards_acknowledged === false || !isBlocked) {
    throw new EngineBusy('reindex', index, 'a write block that some shards do not have yet')
  }
}

/** Lifts the block. Needs `indices:admin/settings/update`. */
export async function unfreeze(client: Client, index: string): Promise<void> {
  const lifted = client.indices.putSettings({ index, body: { 'index.blocks.write': null } })
  await acknowledged(lifted, { part: 'reindex', index })
}

const QUIET_MS = 10_000
const POLL_MS = 50

/** Shard number -> last sequence number. */
export function numbersOf(shards: readonly ShardCheckpoint[]): Checkpoints {
  return Object.fromEntries(shards.map(({ shard, maxSeqNo }) => [shard, maxSeqNo]))
}

/**
 * Waits until all copies of an index without writers have every operation.
 *
 * @throws LexpandError SERVICE when copies stay behind
 */
export async function lastNumbers(client: Client, index: string): Promise<readonly ShardCheckpoint[]> {
  const until = performance.now() + QUIET_MS
  for (let isFlushed = false; ; ) {
    const shards = await shardCheckpoints(client, index)
    if (shards.every(({ globalCheckpoint, maxSeqNo }) => globalCheckpoint >= maxSeqNo)) {
      return shards
    }
    if (performance.now() > until) {
      throw new LexpandError(
        'SERVICE',
        `[reindex] expected all copies of ${index} to catch up within ${QUIET_MS / 1_000} s, got some that stay behind. Check the health of the cluster, then run this again.`,
      )
    }
    // With an asynchronous translog the checkpoint moves only with the next fsync; a flush does not wait for it.
    if (!isFlushed) await client.indices.flush({ index }).catch(() => {})
    isFlushed = true
    await sleep(POLL_MS)
  }
}
