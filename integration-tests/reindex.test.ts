import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { describe, expect, onTestFinished, test } from 'vitest'
import { textHash } from '../mappings/index.ts'
import { SearchCache, search } from '../pipelines/index.ts'
import { enqueue, sweep } from '../workers/index.ts'
import { type ReindexFixture, reindexFixture, runMigration, runRollBack } from './reindex-fixture.ts'
import { expectAllReady } from './worker-fixture.ts'
import { type Known, startWriters, textOf } from './writers.ts'

/** The issue asks for 5,000: LEXPAND_REINDEX_DOCUMENTS=5000 runs that; the default keeps CI short. */
const DOCUMENTS = Number(process.env.LEXPAND_REINDEX_DOCUMENTS ?? 1_500)

async function filled(fixture: ReindexFixture, count = DOCUMENTS): Promise<Map<string, Known>> {
  const known = new Map<string, Known>()
  for (let at = 0; at < count; at++) known.set(`d${at}`, { text: textOf(at, 0), n: 0, isStamped: true })
  await fixture.startWorker()
  await enqueue(
    fixture,
    [...known].map(([id, { text, n }]) => ({ id, source: { text, n } })),
  )
  await fixture.queue.idle()
  return known
}

type Documents = ReadonlyMap<string, Record<string, unknown>>

async function documentsOf(client: Client, index: string): Promise<Documents> {
  await client.indices.refresh({ index })
  const reply = await client.search({ index, body: { size: 10_000 } })
  return new Map(reply.body.hits.hits.map((hit) => [String(hit._id), hit._source as Record<string, unknown>]))
}

/** Neither missing, nor back from the dead, nor older than what was acknowledged. */
function expectKnown(documents: Documents, known: ReadonlyMap<string, Known>): void {
  const missing = [...known.keys()].filter((id) => !documents.has(id))
  const undead = [...documents.keys()].filter((id) => !known.has(id))
  const stale = [...known].filter(
    ([id, { text, n }]) =>
      documents.has(id) && (documents.get(id)?.text !== text || documents.get(id)?.n !== n),
  )
  expect({ missing, undead, stale }).toEqual({ missing: [], undead: [], stale: [] })
}

/** Searches through the alias until stopped. */
function startQueries(fixture: ReindexFixture) {
  const cache = new SearchCache(500)
  const failures: string[] = []
  let count = 0
  let isStopping = false
  const run = async () => {
    while (!isStopping) {
      count++
      try {
        const { hits } = await search(
          fixture.client,
          { ...fixture.model, cache },
          { index: fixture.alias, text: textOf(count, count), mode: 'sparse', sourceFields: [] },
        )
        if (hits.length === 0) failures.push('no hits')
      } catch (error) {
        failures.push(String(error))
      }
      await sleep(20)
    }
  }
  const running = run()
  return {
    failures,
    count: () => count,
    async stop() {
      isStopping = true
      await running
    },
  }
}

async function aliasTarget(client: Client, alias: string): Promise<string[]> {
  const reply = await client.indices.getAlias({ name: alias })
  return Object.keys(reply.body)
}

describe('a migration beside the old index', () => {
  test(`of ${DOCUMENTS} documents under writes and queries loses nothing, and neither does its roll-back`, {
    timeout: 300_000,
  }, async () => {
    const fixture = await reindexFixture('move')
    const known = await filled(fixture)
    const writers = startWriters(fixture.client, fixture.alias, known)
    const queries = startQueries(fixture)
    onTestFinished(async () => {
      await Promise.allSettled([writers.stop(), queries.stop()])
    })
    const report = await runMigration(fixture)
    expect(await aliasTarget(fixture.client, fixture.alias)).toEqual([fixture.next])
    expect(report.failed).toBe(0)
    await sleep(1_000)
    await writers.stop()
    await sweep(fixture.client, fixture.queue, fixture.next)
    await fixture.queue.idle()
    const moved = await documentsOf(fixture.client, fixture.next)
    expectKnown(moved, known)
    // What passed the pipeline by after the swap is for the sweeper, which finds it by its hash.
    const fresh = new Map(
      [...moved].filter(([, source]) => {
        const stamp = source.lexpand as { text_hash?: string }
        return stamp.text_hash === textHash(source, ['text'])
      }),
    )
    expect([...moved.keys()].filter((id) => !fresh.has(id) && known.get(id)?.isStamped)).toEqual([])
    await expectAllReady(
      { model: fixture.model, specification: fixture.nextSpecification },
      fresh,
      fixture.encoder(),
    )

    const later = startWriters(fixture.client, fixture.alias, known, { seed: 7 })
    await sleep(1_500)
    const back = await runRollBack(fixture)
    expect(await aliasTarget(fixture.client, fixture.alias)).toEqual([fixture.index])
    await sleep(500)
    await later.stop()
    await queries.stop()
    expectKnown(await documentsOf(fixture.client, fixture.index), known)
    expect(queries.failures).toEqual([])
    console.log(
      JSON.stringify({
        report,
        back,
        writes: [writers.counts, later.counts],
        longest: [writers.longestMs(), later.longestMs()],
        queries: queries.count(),
      }),
    )
  })
})
