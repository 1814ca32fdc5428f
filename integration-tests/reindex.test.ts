import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Client, errors } from '@opensearch-project/opensearch'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { textHash } from '../mappings/index.ts'
import { SearchCache, search } from '../pipelines/index.ts'
import { LexpandError } from '../sparse/errors.ts'
import { countStates } from '../workers/documents/index-states.ts'
import { enqueue, sweep } from '../workers/index.ts'
import { beginRollBack, rollBack } from '../workers/reindex/index.ts'
import {
  type ReindexFixture,
  reindexFixture,
  removeRun,
  runMigration,
  runRollBack,
} from './fixtures/reindex-fixture.ts'
import type { ReindexProcessSettings, StopPoint } from './fixtures/reindex-process.ts'
import { expectAllReady } from './fixtures/worker-fixture.ts'
import { type Known, startWriters, textOf } from './fixtures/writers.ts'

/** The issue asks for 5,000: LEXPAND_REINDEX_DOCUMENTS=5000 runs that; the default keeps CI short. */
const DOCUMENTS = Number(process.env.LEXPAND_REINDEX_DOCUMENTS ?? 1_500)

async function filled(fixture: ReindexFixture, count = DOCUMENTS): Promise<Map<string, Known>> {
  return (await filledBy(fixture, count)).known
}

async function filledBy(fixture: ReindexFixture, count: number) {
  const known = new Map<string, Known>()
  for (let at = 0; at < count; at++) known.set(`d${at}`, { text: textOf(at, 0), n: 0, isStamped: true })
  const worker = await fixture.startWorker()
  await enqueue(
    fixture,
    [...known].map(([id, { text, n }]) => ({ id, source: { text, n } })),
  )
  await fixture.queue.idle()
  // Searches begin at once: before the engine's own first refresh there is nothing that they could find.
  await fixture.client.indices.refresh({ index: fixture.index })
  return { known, worker }
}

type Documents = ReadonlyMap<string, Record<string, unknown>>

async function documentsOf(client: Client, index: string): Promise<Documents> {
  await client.indices.refresh({ index })
  const reply = await client.search({ index, body: { size: 10_000 } })
  return new Map(reply.body.hits.hits.map((hit) => [String(hit._id), hit._source as Record<string, unknown>]))
}

/** Checks that no document is missing, has come back, or is older than its acknowledged version. */
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
        if (hits.length === 0) failures.push(`no hits at query ${count}`)
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
  test('of four documents asks its gate when each has its vector, however few they are', async () => {
    const fixture = await reindexFixture('small', { shards: 1 })
    await filled(fixture, 4)
    let pending: number | undefined
    const report = await runMigration(fixture, {
      async gate() {
        await fixture.client.indices.refresh({ index: fixture.next })
        pending = (await countStates(fixture.client, fixture.next)).pending
      },
    })
    expect({ pending, ready: report.ready }).toEqual({ pending: 0, ready: 4 })
  })

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
    // Writes that bypassed the pipeline after the swap are left to the sweeper, which finds them by their hash.
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

async function routingsApart(client: Client, index: string): Promise<[string, string]> {
  const shardOf = async (routing: string) =>
    (await client.searchShards({ index, routing })).body.shards[0]?.[0]?.shard
  const first = await shardOf('a')
  for (const other of 'bcdefgh') if ((await shardOf(other)) !== first) return ['a', other]
  throw new Error('all routing values lead to one shard')
}

async function killedAt(fixture: ReindexFixture, stopAt: StopPoint): Promise<void> {
  const settings: ReindexProcessSettings = {
    opensearchUrl: inject('opensearchUrl'),
    redisUrl: fixture.redis,
    identity: fixture.model.identity,
    alias: fixture.alias,
    next: fixture.next,
    stopAt,
  }
  const entry = fileURLToPath(new URL('fixtures/reindex-process.ts', import.meta.url))
  const child = fork(entry, [JSON.stringify(settings)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [reached] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the migration ended with ${code} before ${stopAt}`)
    }),
  ])
  expect(reached).toBe(stopAt)
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('kill -9 of a migration', () => {
  test('while copying, between gate and swap, with writers blocked, and after the alias moved: the same command ends it', {
    timeout: 300_000,
  }, async () => {
    const fixture = await reindexFixture('killed')
    const { client, alias, index, next } = fixture
    const known = await filled(fixture, 800)
    const writers = startWriters(client, alias, known, { pauseMs: 20 })
    const queries = startQueries(fixture)
    onTestFinished(async () => {
      await Promise.allSettled([writers.stop(), queries.stop()])
    })
    await killedAt(fixture, 'copying')
    expect(await aliasTarget(client, alias)).toEqual([index])
    await killedAt(fixture, 'gate')
    expect(await aliasTarget(client, alias)).toEqual([index])
    await killedAt(fixture, 'blocked')
    expect(await aliasTarget(client, alias)).toEqual([index])
    await expect(client.index({ index, id: 'late', body: { text: 'late' } })).rejects.toMatchObject({
      statusCode: 403,
    })
    await killedAt(fixture, 'moved')
    expect(await aliasTarget(client, alias)).toEqual([next])
    const report = await runMigration(fixture)
    expect(report.failed).toBe(0)
    await writers.stop()
    await queries.stop()
    expect(queries.failures).toEqual([])
    expectKnown(await documentsOf(client, next), known)
    await expect(client.index({ index, id: 'late', body: { text: 'late' } })).rejects.toMatchObject({
      statusCode: 403,
    })
  })

  test('a second run is refused while the first one works, and named', async () => {
    const fixture = await reindexFixture('twice')
    await filled(fixture, 50)
    let refusal: unknown
    await runMigration(fixture, {
      async gate() {
        refusal = await runMigration(fixture).catch((error: unknown) => error)
      },
    })
    expect(refusal).toMatchObject({
      code: 'INDEX',
      message: expect.stringMatching(/expected nobody to work on .*-v2, got .*process \d+/),
    })
    expect(await aliasTarget(fixture.client, fixture.alias)).toEqual([fixture.next])
  })
})

describe('a migration', () => {
  test('that changes only the mapping takes the vectors along: nothing is encoded', async () => {
    const fixture = await reindexFixture('vectors')
    const { worker } = await filledBy(fixture, 60)
    await worker.close()
    const same = { ...fixture, nextSpecification: fixture.specification }
    expect(await runMigration(same)).toMatchObject({ documents: 60, ready: 60, copied: 60 })
    const moved = await documentsOf(fixture.client, fixture.next)
    await expectAllReady(fixture, moved, fixture.encoder())
    expect(await fixture.queue.jobs.getWaitingCount()).toBe(0)
    // The old index is kept for a roll-back and is no business of sweepers and workers any more.
    const old = await fixture.client.indices.getMapping({ index: fixture.index })
    expect(old.body[fixture.index]?.mappings._meta).toEqual({ lexpand_retired: fixture.specification })
  })

  test('of an index that Lexpand did not set up works, and its roll-back leaves nothing of ours there', async () => {
    const fixture = await reindexFixture('foreign')
    const { client } = fixture
    await fixture.startWorker()
    const [plain, alias, next] = ['plain', 'plain-live', 'plain-v2'].map((end) => `${fixture.index}-${end}`)
    if (plain === undefined || alias === undefined || next === undefined) throw new Error('three names')
    onTestFinished(() => removeRun(plain, next))
    await client.indices.create({
      index: plain,
      body: { mappings: { properties: { text: { type: 'text' } } }, aliases: { [alias]: {} } } as never,
    })
    const body = Array.from({ length: 30 }, (_, at) => [
      { index: { _id: `d${at}` } },
      { text: textOf(at, 0) },
    ])
    await client.bulk({ index: plain, body: body.flat() as never })
    const move = { ...fixture, alias, next }
    expect(await runMigration(move)).toMatchObject({ documents: 30, ready: 30 })
    await client.index({ index: alias, id: 'd1', body: { text: 'changed' } })
    await client.update({ index: alias, id: 'd2', body: { doc: { n: 1 } } })
    await client.index({ index: alias, id: 'fresh', body: { text: 'fresh' } })
    await client.bulk({ index: alias, body: [{ delete: { _id: 'd3' } }, { delete: { _id: 'd4' } }] as never })
    const run = await beginRollBack(client, alias, new AbortController().signal)
    try {
      expect(await rollBack({ client, run, old: undefined })).toMatchObject({ documents: 29, removed: 2 })
    } finally {
      await run.close()
    }
    const documents = await documentsOf(client, plain)
    expect(documents.get('d1')).toEqual({ text: 'changed' })
    expect(documents.get('d2')).toEqual({ text: textOf(2, 0), n: 1 })
    expect(documents.get('fresh')).toEqual({ text: 'fresh' })
    expect(['d3', 'd4'].filter((id) => documents.has(id))).toEqual([])
    expect(await aliasTarget(client, alias)).toEqual([plain])
  })

  test('whose gate refuses leaves the alias, and writers, where they were', async () => {
    const fixture = await reindexFixture('gate')
    await filled(fixture, 50)
    const refuse = async () => {
      throw new LexpandError('INDEX', '[reindex] expected overlap .5, got .1. Look.')
    }
    await expect(runMigration(fixture, { gate: refuse })).rejects.toThrow('got .1')
    const { client, alias, index } = fixture
    expect(await aliasTarget(client, alias)).toEqual([index])
    expect((await client.index({ index: alias, id: 'x', body: { text: 'bread' } })).statusCode).toBe(201)
    // A second attempt succeeds.
    await runMigration(fixture)
    expect(await aliasTarget(client, alias)).toEqual([fixture.next])
  })

  test('whose alias moved without an answer leaves no second index that takes writes, and is ended by the same command', async () => {
    const fixture = await reindexFixture('unanswered')
    await filled(fixture, 50)
    const { client, alias, index, next } = fixture
    const pausing = new AbortController()
    const indices = Object.create(client.indices, {
      updateAliases: {
        async value(...request: Parameters<typeof client.indices.updateAliases>) {
          await client.indices.updateAliases(...request)
          pausing.abort()
          throw new errors.TimeoutError('no answer', {} as never)
        },
      },
    })
    const deaf: Client = Object.create(client, { indices: { value: indices } })
    await expect(runMigration(fixture, { client: deaf, signal: pausing.signal })).rejects.toThrow()
    expect(await aliasTarget(client, alias)).toEqual([next])
    await expect(client.index({ index, id: 'x', body: { text: 'bread' } })).rejects.toThrow('blocked')
    expect(await runMigration(fixture)).toMatchObject({ documents: 50, ready: 50 })
  })

  test('keeps numbers as they were written, routing, filters and flags of the aliases, and final pipelines', async () => {
    const fixture = await reindexFixture('exact')
    const { client, index, next, alias } = fixture
    await fixture.startWorker()
    await client.ingest.putPipeline({
      id: `${index}-final`,
      body: { processors: [{ set: { field: 'passed', value: 'again' } }] } as never,
    })
    onTestFinished(async () => {
      await client.ingest.deletePipeline({ id: `${index}-final` })
    })
    await client.indices.putAlias({
      index,
      name: `${alias}-cheap`,
      body: { filter: { range: { price: { lt: 2 } } }, index_routing: 'a', search_routing: 'a,b' } as never,
    })
    // One id twice, kept apart by routing values of different shards.
    const [here, there] = await routingsApart(client, index)
    const body = [
      `{"index":{"_id":"1","routing":"${here}"}}`,
      '{"text":"bread","price":1.0,"big":9007199254740993,"__proto__":{"x":2.0}}',
      `{"index":{"_id":"1","routing":"${there}"}}`,
      '{"text":"tea"}',
      '{"index":{"_id":"blank"}}',
      '{"text":" "}',
      '{"index":{"_id":"plain"}}',
      '{"text":"car","price":3.0}',
    ]
    const written = await client.bulk({ index, body: body as never })
    expect(written.body.items.map((item) => item.index?.error)).toEqual(new Array(4))
    await client.indices.putSettings({ index, body: { 'index.final_pipeline': `${index}-final` } })
    await runMigration(fixture)
    const reply = await client.transport.request(
      { method: 'POST', path: `/${next}/_search`, body: { size: 10, sort: ['_id'] } },
      { asStream: true },
    )
    let text = ''
    for await (const chunk of reply.body as unknown as AsyncIterable<Buffer>) text += chunk
    for (const kept of ['"price":1.0', '"big":9007199254740993', '"__proto__":{"x":2.0}'])
      expect(text).toContain(kept)
    expect(text).not.toContain('again')
    expect(text.match(/"_routing"/g)).toHaveLength(2)
    const states = text.match(/"state":"\w+"/g) ?? []
    expect(states.sort()).toEqual(['"state":"empty"', ...new Array(3).fill('"state":"ready"')])
    const after = await client.indices.get({ index: next, flat_settings: true })
    expect(after.body[next]?.aliases).toEqual({
      [alias]: { is_write_index: true },
      [`${alias}-cheap`]: {
        filter: { range: { price: { lt: 2 } } },
        index_routing: 'a',
        search_routing: 'a,b',
      },
    })
    expect(after.body[next]?.settings).toMatchObject({ 'index.final_pipeline': `${index}-final` })
  })
})
