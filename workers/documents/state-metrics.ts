import type { Client } from '@opensearch-project/opensearch'
import { Gauge, type Registry } from 'prom-client'
import { countStates, type StateCounts } from './index-states.ts'

/** Counting is cheap but still a search in each index, so not every scrape of every worker counts anew. */
const FRESH_MS = 30_000
/** A scrape must not hang while the engine is away. */
const PATIENCE_MS = 5_000
const STATES = ['ready', 'pending', 'empty', 'failed'] as const

/**
 * Publishes the number of documents of each index by state, as of the last refresh. Every process that watches reports
 * the same numbers: take the maximum over processes, not the sum. An index that cannot be counted is absent rather than
 * outdated.
 *
 * @param indices names to count, asked for at every scrape
 */
export function watchStates(registry: Registry, client: Client, indices: () => readonly string[]): void {
  let until = 0
  let counting: Promise<void> | undefined
  const counts = new Map<string, StateCounts>()

  async function count(): Promise<void> {
    const patience = client.child({ requestTimeout: PATIENCE_MS, maxRetries: 0 })
    // Index names come from job payloads, and a pattern is no index name.
    const names = indices().filter((index) => !/[*?,\s]/.test(index))
    const found = await Promise.allSettled(names.map((index) => countStates(patience, index)))
    counts.clear()
    for (const [at, result] of found.entries()) {
      if (result.status === 'fulfilled') counts.set(names[at] ?? '', result.value)
    }
    until = performance.now() + FRESH_MS
  }

  new Gauge({
    name: 'lexpand_index_documents',
    help: 'Documents of an index by state; the same from every process.',
    labelNames: ['index', 'state'],
    registers: [registry],
    async collect() {
      if (performance.now() >= until) {
        counting ??= count().finally(() => {
          counting = undefined
        })
        await counting
      }
      this.reset()
      for (const [index, states] of counts) {
        for (const state of STATES) this.set({ index, state }, states[state])
      }
    },
  })
}
