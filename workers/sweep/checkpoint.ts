import type { RedisConnection } from '../queue/redis-place.ts'

/** What the checkpoints of an index belong to: an index made anew, or another model, starts from the beginning. */
export interface CheckpointScope {
  /** `index.uuid`; the same name may be another index tomorrow. */
  readonly indexUuid: string
  readonly fingerprint: string
}

/** How far a shard was swept. */
export interface SweptShard {
  readonly shard: number
  /** History of the shard (`history_uuid`); it changes when the shard may have lost operations. */
  readonly history: string
  /** Every document changed up to this number was looked at. */
  readonly seqNo: number
}

/** How long the checkpoint of an index stays that is not swept any more, for example because it was deleted. */
const KEPT_SECONDS = 90 * 24 * 3_600

/**
 * Checkpoints live in Redis, beside the jobs that they stand for: one that is lost, or older than it could be after
 * a crash, costs a longer sweep and nothing else.
 *
 * @returns shard -> sequence number, only of shards whose history is the same
 */
export async function readCheckpoints(
  redis: RedisConnection,
  scope: CheckpointScope,
  shards: readonly { readonly shard: number; readonly history: string }[],
): Promise<Map<number, number>> {
  const stored = await redis.hgetall(keyOf(scope))
  const found = new Map<number, number>()
  for (const { shard, history } of shards) {
    const [storedHistory, seqNo] = (stored[shard] ?? '').split(' ')
    if (storedHistory === history && /^\d+$/.test(seqNo ?? '')) found.set(shard, Number(seqNo))
  }
  return found
}

export async function saveCheckpoint(
  redis: RedisConnection,
  scope: CheckpointScope,
  { shard, history, seqNo }: SweptShard,
): Promise<void> {
  const key = keyOf(scope)
  const replies = await redis.multi().hset(key, shard, `${history} ${seqNo}`).expire(key, KEPT_SECONDS).exec()
  const failure = replies?.find(([error]) => error !== null)?.[0]
  if (failure) throw failure
}

function keyOf({ indexUuid, fingerprint }: CheckpointScope): string {
  return `lexpand:swept:${indexUuid}:${fingerprint}`
}
