import type { Client } from '@opensearch-project/opensearch'
import { readInstalledIndex } from '../mappings/index.ts'
import {
  countStates,
  type EncodeQueue,
  encodeQueueName,
  type LexpandIndex,
  lexpandIndices,
  oldestPendingSeconds,
  type QueueState,
  queueState,
} from '../workers/index.ts'

/** Facts about an index that need no reading of its documents. */
export interface IndexOverview {
  readonly index: string
  readonly model: { readonly name: string; readonly version: string }
  readonly fields: readonly string[]
  readonly fingerprint: string
  /** Number of documents; as of the last refresh, like the counts by state. */
  readonly documents: number
  readonly ready: number
  readonly pending: number
  readonly empty: number
  readonly failed: number
  /** Share of the documents that have the vector of their text, or no text, 0 to 1; 1 without documents. */
  readonly coverage: number
  /** Age in seconds of the text that has waited longest; 0 when none waits. */
  readonly oldestPendingSeconds: number
  /** Queue of its model, shared by all indices of that model; undefined without Redis. */
  readonly queue: QueueState | undefined
}

/** An index of Lexpand that could not be read, for example because this user may not. */
export interface UnreadIndex {
  readonly index: string
  readonly problem: string
}

export interface ListOptions {
  readonly client: Client
  /** Opens the queue of a model by its identity; opened queues are closed afterwards. @default no queue is asked */
  readonly openQueue?: ((identity: string) => Promise<EncodeQueue>) | undefined
  /** Names or aliases. @default all of the cluster */
  readonly indices?: readonly string[] | undefined
}

/** Number of requests to the engine at a time: a cluster may have thousands of indices. */
const AT_ONCE = 8

/**
 * Lists every open index of a cluster that Lexpand has set up, ordered by name.
 *
 * @throws LexpandError INDEX when a named one is missing; SERVICE when the engine, or Redis where queues are asked,
 *   cannot be reached
 */
export async function listIndices({
  client,
  openQueue,
  indices,
}: ListOptions): Promise<(IndexOverview | UnreadIndex)[]> {
  const found = await lexpandIndices(client, { indices })
  found.sort((a, b) => (a.name < b.name ? -1 : 1))
  const queues = openQueue === undefined ? new Map<string, QueueState>() : await statesOf(found, openQueue)
  const rows: (IndexOverview | UnreadIndex)[] = []
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const part = found.slice(at, at + AT_ONCE)
    rows.push(...(await Promise.all(part.map((index) => overviewOf(client, index, queues)))))
  }
  return rows
}

async function statesOf(
  found: readonly LexpandIndex[],
  openQueue: (identity: string) => Promise<EncodeQueue>,
): Promise<Map<string, QueueState>> {
  const states = new Map<string, QueueState>()
  for (const { identity } of found) {
    const name = encodeQueueName(identity)
    if (states.has(name)) continue
    const queue = await openQueue(identity)
    try {
      states.set(name, await queueState(queue))
    } finally {
      await queue.close()
    }
  }
  return states
}

async function overviewOf(
  client: Client,
  { name: index, identity }: LexpandIndex,
  queues: ReadonlyMap<string, QueueState>,
): Promise<IndexOverview | UnreadIndex> {
  try {
    const { specification } = await readInstalledIndex(client, index)
    const counts = await countStates(client, index)
    const { documents, ready, empty } = counts
    const { model, fields, fingerprint } = specification
    return {
      index,
      model: { name: model.name, version: model.version },
      fields,
      fingerprint,
      ...counts,
      coverage: documents === 0 ? 1 : (ready + empty) / documents,
      oldestPendingSeconds: await oldestPendingSeconds(client, index),
      queue: queues.get(encodeQueueName(identity)),
    }
  } catch (error) {
    // An index that is forbidden, broken or deleted meanwhile must not hide the others.
    return { index, problem: error instanceof Error ? error.message : String(error) }
  }
}
