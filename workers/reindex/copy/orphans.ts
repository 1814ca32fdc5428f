import { countDocuments } from '../../../opensearch/internal-search.ts'
import { resultWindow } from '../../../opensearch/result-window.ts'
import { readChanges, refreshAll, shardCheckpoints } from '../../../opensearch/shard-changes.ts'
import { assertGoesOn, patiently } from '../run/patience.ts'
import type { Checkpoints } from '../run/state.ts'
import { type CopyCandidate, copyDocuments } from './copy.ts'
import { differences } from './difference.ts'
import type { Following } from './follow.ts'
import { numbersOf } from './freeze.ts'
import { readRaw } from './raw-documents.ts'

const PAGE = 1_000

/**
 * Finds, for a roll-back, documents of the old index that the new one does not have any more. They are among those
 * whose number no copy names (deleted, or written anew by a client), and those that the roll-back itself wrote.
 */
export class Orphans {
  readonly #following: Following
  readonly #swappedAt: Checkpoints
  readonly #settled = new Map<string, Map<number, string>>()

  /** @param swappedAt last numbers of the old index when it was blocked for the swap */
  constructor(following: Following, swappedAt: Checkpoints) {
    this.#following = following
    this.#swappedAt = swappedAt
  }

  /**
   * Deletes them. Both indices may be written to: then those of the last moment are left. Later calls look only at
   * what has changed, and at nothing once both have the same number of documents: everything that the new index has
   * is in the old one already.
   */
  async remove(): Promise<void> {
    const { client, from, to, persistence } = this.#following.link
    await patiently(() => refreshAll(client, from), persistence)
    const written = numbersOf(
      // All that we wrote was acknowledged, so the refreshed primaries have it, whatever their checkpoints know yet.
      await patiently(() => shardCheckpoints(client, to), persistence),
    )
    let surplus = await this.#surplus()
    if (surplus > 0) surplus = await this.#removeOriginals()
    for (const [shard, after] of Object.entries(this.#swappedAt)) {
      if (surplus <= 0) return
      surplus -= await this.#removeWritten(shard, after, written[shard] ?? after, surplus)
    }
    if (surplus <= 0) return
    // Written anew when a range was looked at, and deleted before it was carried over: its range looks as it did.
    this.#settled.clear()
    await this.#removeOriginals()
  }

  /** @returns how many documents the old index has more, afterwards */
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

  /** @returns documents deleted, at least `surplus` if there are so many */
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
    // No field is wanted: only whether it is there.
    const { documents } = await patiently(
      () => readRaw(link.client, link.from, candidates, ['_']),
      link.persistence,
    )
    const missing = candidates.filter((_, at) => documents[at] === undefined)
    const { removed } = await copyDocuments(link, missing)
    run.note({ removed: run.state.removed + removed })
    return removed
  }

  /** How many documents the old index has more; both are refreshed. */
  async #surplus(): Promise<number> {
    const { client, from, to, persistence } = this.#following.link
    const [old, current] = await Promise.all(
      [to, from].map((index) => patiently(() => countDocuments(client, { index }), persistence)),
    )
    return (old ?? 0) - (current ?? 0)
  }
}
