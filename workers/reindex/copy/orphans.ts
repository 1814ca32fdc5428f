import { resultWindow } from '../../../opensearch/index-limits.ts'
import { countDocuments } from '../../../opensearch/internal-search.ts'
import { readChanges, refreshAll, shardCheckpoints } from '../../../opensearch/shard-changes.ts'
import { readRaw } from '../../documents/raw-documents.ts'
import { assertGoesOn, patiently } from '../run/patience.ts'
import type { Checkpoints } from '../run/state.ts'
import { type CopyCandidate, copyDocuments } from './copy.ts'
import { differences } from './difference.ts'
import type { Following } from './follow.ts'
import { numbersOf } from './freeze.ts'

const PAGE = 1_000

/**
 * Finds, for a roll-back, documents of the old index that the new one no longer has. They are among the documents whose
 * number no copy names (deleted, or written anew by a client), and those that the roll-back itself wrote.
 */
export class Orphans {
  readonly #following: Following
  readonly #swappedAt: Checkpoints
  readonly #settled = new Map<string, Map<number, string>>()

  /** @param swappedAt last sequence numbers of the old index when it was blocked for the swap */
  constructor(following: Following, swappedAt: Checkpoints) {
    this.#following = following
    this.#swappedAt = swappedAt
  }

  /**
   * Deletes the orphans. Both indices may be written to; orphans of the last moment are then left over. Later calls
   * look only at changes, and at nothing once both indices have the same number of documents: the old index already has
   * everything that the new one has.
   */
  async remove(): Promise<void> {
    const { client, from, to, persistence } = this.#following.link
    await patiently(() => refreshAll(client, from), persistence)
    const written = numbersOf(
      // All writes of the roll-back were acknowledged, so the refreshed primaries have them, whatever their checkpoints say yet.
      await patiently(() => shardCheckpoints(client, to), persistence),
    )
    let surplus = await this.#surplus()
    if (surplus > 0) surplus = await this.#removeOriginals()
    for (const [shard, after] of Object.entries(this.#swappedAt)) {
      if (surplus <= 0) return
      surplus -= await this.#removeWritten(shard, after, written[shard] ?? after, surplus)
    }
    if (surplus <= 0) return
    // A document that was written anew when its range was looked at, and deleted before it was carried over, leaves its range unchanged.
    this.#settled.clear()
    await this.#removeOriginals()
  }

  /** @returns by how many documents the old index exceeds the new one afterwards */
  async #removeOriginals(): Promise<number> {
    const { client, to, persistence } = this.#following.link
    const shards = Object.entries(this.#swappedAt)
    await Promise.all(shards.map(([shard, upTo]) => this.#removeOriginalsOf(shard, upTo)))
    await patiently(() => refreshAll(client, to), persistence)
    return this.#surplus()
  }

  async #removeOriginalsOf(name: string, upTo: number): Promise<void> {
    const { client, from, to, persistence } = this.#following.link
    const settled = this.#settled.get(name) ?? new Map<number, string>()
    this.#settled.set(name, settled)
    const request = { client, source: to, target: from, shard: Number(name), upTo, persistence, settled }
    for await (const candidates of differences(request)) await this.#removeMissing(candidates)
  }

  /** @returns number of documents deleted, at least `surplus` if there are so many */
  async #removeWritten(name: string, from: number, upTo: number, surplus: number): Promise<number> {
    const { client, to, persistence } = this.#following.link
    const shard = Number(name)
    let removed = 0
    const size = Math.min(PAGE, await patiently(() => resultWindow(client, to), persistence))
    for (let after = from; removed < surplus; ) {
      const range = { shard, after, upTo, size }
      const { changes, reached, isLast } = await patiently(() => readChanges(client, to, range), persistence)
      removed += await this.#removeMissing(changes.map(({ id, routing }) => ({ id, routing, shard })))
      if (isLast) break
      after = reached
    }
    return removed
  }

  async #removeMissing(candidates: readonly CopyCandidate[]): Promise<number> {
    const { run, link } = this.#following
    assertGoesOn(run.signal)
    // No field is needed, only whether the document exists.
    const { documents } = await patiently(
      () => readRaw(link.client, { index: link.from, part: 'reindex' }, candidates, ['_']),
      link.persistence,
    )
    const missing = candidates.filter((_, at) => documents[at] === undefined)
    const { removed } = await copyDocuments(link, missing)
    run.note({ removed: run.state.removed + removed })
    return removed
  }

  /** By how many documents the old index exceeds the new one; both are refreshed. */
  async #surplus(): Promise<number> {
    const { client, from, to, persistence } = this.#following.link
    const [old, current] = await Promise.all(
      [to, from].map((index) => patiently(() => countDocuments(client, { index }), persistence)),
    )
    return (old ?? 0) - (current ?? 0)
  }
}
