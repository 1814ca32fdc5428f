import type { API, Client } from '@opensearch-project/opensearch'
import { acknowledged } from './failures/acknowledged.ts'
import { translateEngineError } from './failures/engine-error.ts'
import { EngineBusy } from './failures/transient.ts'
import { type IndexLimits, LIMIT_SETTINGS, limitsIn } from './index-limits.ts'
import { internalSearch } from './internal-search.ts'
import { filtersOf, readWholeGroups } from './whole-groups.ts'

/** Position of the primary of a shard; both numbers are -1 while nothing was ever written. */
export interface ShardCheckpoint {
  readonly shard: number
  /** Every operation up to this number is on all copies and can never be undone. */
  readonly globalCheckpoint: number
  /** Highest number assigned; above `globalCheckpoint` while operations are in flight. */
  readonly maxSeqNo: number
  /** `history_uuid`: it changes when operations up to the checkpoint may be lost (restored, forced allocation). */
  readonly history: string
}

export interface IndexShards {
  /** `index.uuid`, because the name may belong to another index later. */
  readonly uuid: string
  readonly shards: readonly ShardCheckpoint[]
  readonly limits: IndexLimits
}

/** A document at its place in the history of its shard; in a shrunken index several documents may share a place. */
export interface Change {
  readonly id: string
  readonly routing: string | undefined
  readonly seqNo: number
}

/**
 * Reads the position of every shard.
 *
 * @param index a concrete index
 * @throws LexpandError INDEX when there is no such index; EngineBusy while a shard has no primary
 */
export async function readShards(client: Client, index: string): Promise<IndexShards> {
  try {
    const [stats, settings] = await Promise.all([
      client.indices.stats({ index, metric: ['docs'], level: 'shards' }),
      client.indices.getSettings({
        index,
        name: ['index.number_of_shards', ...LIMIT_SETTINGS],
        flat_settings: true,
      }),
    ])
    const found = stats.body.indices?.[index]
    const copies = Object.entries(found?.shards ?? {}) as [string, ShardCopy[]][]
    const shards = copies.flatMap(([shard, all]) => primaryState(Number(shard), all))
    const expected = Number(settings.body[index]?.settings?.['index.number_of_shards'])
    if (found?.uuid === undefined || shards.length !== expected) {
      throw new EngineBusy('changes', index, `${shards.length} of ${expected} primary shards`)
    }
    return {
      uuid: found.uuid,
      shards: shards.sort((a, b) => a.shard - b.shard),
      limits: limitsIn(settings.body[index]?.settings),
    }
  } catch (error) {
    throw translateEngineError(error, { part: 'changes', index })
  }
}

function primaryState(shard: number, copies: readonly ShardCopy[]): ShardCheckpoint[] {
  const primary = copies.find(({ routing, seq_no }) => routing?.primary === true && seq_no !== undefined)
  if (primary?.seq_no === undefined) return []
  const { global_checkpoint, max_seq_no } = primary.seq_no
  const history = primary.commit?.user_data?.history_uuid ?? ''
  return [{ shard, globalCheckpoint: global_checkpoint, maxSeqNo: max_seq_no, history }]
}

/**
 * Makes every applied operation visible: afterwards, a search on the primary finds every live document whose number is
 * not above a `globalCheckpoint` read before.
 *
 * @throws EngineBusy when a copy of a shard could not refresh; EngineDenied for shards that the user may not touch
 */
export async function refreshAll(client: Client, index: string): Promise<void> {
  await acknowledged(client.indices.refresh({ index }), { part: 'changes', index })
}

/**
 * Reads the position of every shard, then refreshes: afterwards, every live document whose number is not above
 * `globalCheckpoint` can be found. Numbers above it may still appear below others, and may be lost with the primary.
 *
 * @throws as {@link readShards} and {@link refreshAll}
 */
export async function shardCheckpoints(client: Client, index: string): Promise<readonly ShardCheckpoint[]> {
  const { shards } = await readShards(client, index)
  await refreshAll(client, index)
  return shards
}

export interface ChangeRange {
  readonly shard: number
  /** Sequence number, exclusive; -1 starts at the beginning. */
  readonly after: number
  /** Sequence number, inclusive; at most the shard's global checkpoint, or late changes are missed. */
  readonly upTo: number
  /** Approximate number of documents, at most the index's result window. */
  readonly size: number
  /** Restricts the page to documents that match this query, too. @default all */
  readonly filter?: API.Search_RequestBody['query'] | undefined
}

export interface ChangePage {
  readonly changes: readonly Change[]
  /** Every change up to this number has been read; the next page starts here. */
  readonly reached: number
  readonly isLast: boolean
}

/**
 * Reads the next live documents of a shard in the order of their last change. Deleted documents no longer have a
 * number, and of several changes of one document only the last is seen. Documents that share a number come in the same
 * page.
 *
 * It needs no point in time: a document that changes while pages are read moves to a later number.
 */
export async function readChanges(client: Client, index: string, range: ChangeRange): Promise<ChangePage> {
  const { shard, after, upTo, size, filter } = range
  if (after >= upTo) return { changes: [], reached: after, isLast: true }
  const page = await readWholeGroups({ gte: after + 1, lte: upTo }, async (request) => {
    const { filter: numbers, ...without } = filtersOf('_seq_no', request)
    const reply = await internalSearch(client, {
      index,
      preference: primaryOf(shard),
      body: {
        size,
        query: { bool: { filter: [...numbers, ...(filter === undefined ? [] : [filter])], ...without } },
        sort: [{ _seq_no: { order: 'asc' } }],
        _source: false,
        track_total_hits: false,
      },
    }).catch((error: unknown) => {
      throw translateEngineError(error, { part: 'changes', index })
    })
    const hits = reply.body.hits.hits as unknown as readonly NumberedHit[]
    return { hits, isFull: hits.length === size }
  })
  const changes = page.hits.map(({ _id, _routing, sort: [seqNo] }) => ({ id: _id, routing: _routing, seqNo }))
  return { changes, reached: page.upTo, isLast: page.isLast }
}

/** A search preference: one shard, on the copy whose checkpoint was read. */
export function primaryOf(shard: number): string {
  return `_shards:${shard}|_primary`
}

/** The client's types omit these fields or make all of them optional. */
interface ShardCopy {
  readonly routing?: { readonly primary?: boolean } | undefined
  readonly seq_no?: { readonly global_checkpoint: number; readonly max_seq_no: number } | undefined
  readonly commit?: { readonly user_data?: { readonly history_uuid?: string } } | undefined
}

/** A hit of a search for ids in the order of a number. */
export interface NumberedHit {
  readonly _id: string
  readonly _routing?: string | undefined
  readonly sort: readonly [number]
}
