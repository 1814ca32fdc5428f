import type { RedisConnection } from '../queue/redis-place.ts'

/** Identity that checkpoints belong to: a recreated index, or another model, starts from the beginning. */
export interface CheckpointScope {
  /** `index.uuid`, because the name may belong to another index later. */
  readonly indexUuid: string
  readonly fingerprint: string
}

/** Position up to which a shard was swept. */
export interface SweptShard {
  readonly shard: number
  /** History of the shard (`history_uuid`); it changes when the shard may have lost operations. */
  readonly history: string
  /** Every document changed up to this sequence number was inspected. */
  readonly seqNo: number
}

/** Lifetime of the checkpoint of an index that is no longer swept, for example because it was deleted. */
const KEPT_SECONDS = 90 * 24 * 3_600

/**
 * Reads checkpoints. They live in Redis, beside the jobs that they account for: one that is lost, or older than before
 * a crash, costs a longer sweep and nothing else.
 *
 * @returns shard -> sequence number, only for shards whose history is the same
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
