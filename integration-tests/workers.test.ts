import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LexpandError } from '../sparse/errors.ts'
import type { Encoder } from '../sparse/index.ts'
import { enqueue } from '../workers/index.ts'
import { notes, TOPICS } from './fixtures/notes.ts'
import { states } from './fixtures/stored-vectors.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady, workerFixture } from './fixtures/worker-fixture.ts'

/** Calls `hook` before the encoder starts on its first batch. */
function interrupted(encoder: Encoder, hook: () => Promise<unknown>): Encoder {
  let pending = true
  return {
    async encode(batch) {
      if (pending) {
        pending = false
        await hook()
      }
      return encoder.encode(batch)
    },
    dispose: () => encoder.dispose(),
  }
}

describe('from enqueue to ready', () => {
  test('every document gets the vector of its text, and other fields stay as they are', async () => {
    const fixture = await workerFixture('ready')
    const big = {
      id: 'big',
      source: { text: 'large numbers', long: 9_007_199_254_740_991, list: [{ a: null }, { b: 0.1 }] },
    }
    const report = await enqueue(fixture, [...notes(300), big])
    expect(report).toMatchObject({ read: 301, indexed: 301, skipped: 0, failed: 0, queued: 301, errors: [] })
    const worker = await fixture.startWorker()
    await fixture.queue.idle()
    const documents = await fixture.documents()
    await expectAllReady(fixture, documents, fixture.encoder())
    expect(worker.stats).toMatchObject({ ready: 301, failed: 0, superseded: 0, failedJobs: 0 })
    expect(documents.get('big')).toMatchObject(big.source)
    expect(documents.get('d7')?.number).toBe(7)
  })

  test('bad documents are counted with id, place and reason, blank ones marked empty, the rest goes on', async () => {
    const fixture = await workerFixture('bad')
    const report = await enqueue(fixture, [
      { id: 'good', source: { text: 'good' }, position: 'line 1' },
      { id: 'number', source: { text: 7 }, position: 'line 2' },
      { id: 'blank', source: { text: ' ' }, position: 'line 3' },
      { id: 'missing', source: { other: 1 }, position: 'line 4' },
      { id: 'x'.repeat(600), source: { text: 'a' }, position: 'line 5' },
      { id: 'half', source: { text: 'half a surrogate \ud800 pair' }, position: 'line 6' },
      { id: 'last', source: { text: 'last' }, position: 'line 7' },
    ])
    expect(report).toMatchObject({ read: 7, indexed: 3, skipped: 2, failed: 2, queued: 3 })
    expect(report.errors).toMatchObject([
      { id: 'number', position: 'line 2', reason: expect.stringContaining('got number') },
      { position: 'line 5', reason: expect.stringContaining('512 bytes') },
    ])
    await fixture.startWorker()
    await fixture.queue.idle()
    expect(states(await fixture.documents())).toEqual({ ready: 3, empty: 2 })
  })

  test("what the engine's mapping refuses is counted with its reason", async () => {
    const fixture = await workerFixture('mapping')
    await fixture.client.indices.putMapping({
      index: fixture.index,
      body: { properties: { day: { type: 'date' } } },
    })
    const report = await enqueue(fixture, [
      { id: 'a', source: { text: 'good', day: '2026-01-01' } },
      { id: 'b', source: { text: 'bad', day: 'yesterday' } },
    ])
    expect(report).toMatchObject({ indexed: 1, failed: 1 })
    expect(report.errors[0]).toMatchObject({
      id: 'b',
      reason: expect.stringMatching(/failed to parse field \[\w+\] of type \[date\](?!.*yesterday)/),
    })
  })

  test('documents without ids are the same documents in a second run; of one id the last wins', async () => {
    const fixture = await workerFixture('again')
    const documents = TOPICS.map((text) => ({ source: { text } }))
    await enqueue(fixture, documents)
    await enqueue(fixture, documents)
    const report = await enqueue(fixture, [
      { id: 'same', source: { text: 'first' } },
      { id: 'same', source: { text: 'second' } },
    ])
    expect(report).toMatchObject({ read: 2, indexed: 1, duplicates: 1 })
    await fixture.startWorker()
    await fixture.queue.idle()
    const stored = await fixture.documents()
    expect(stored.size).toBe(TOPICS.length + 1)
    expect(stored.get('same')?.text).toBe('second')
    await expectAllReady(fixture, stored, fixture.encoder())
  })

  test('several fields, also dotted ones, are joined; routing is kept', async () => {
    const fixture = await workerFixture('fields', {
      fields: ['title', 'body.main'],
      settings: { number_of_shards: 3 },
    })
    const documents = TOPICS.map((topic, at) => ({
      id: `d${at}`,
      routing: `r${at}`,
      source: { title: topic, body: { main: ['one', `two ${at}`], other: 'not encoded' } },
    }))
    await enqueue(fixture, documents)
    await fixture.startWorker()
    await fixture.queue.idle()
    const stored = await fixture.documents()
    expect(stored.size).toBe(5)
    await expectAllReady(fixture, stored, fixture.encoder())
    const read = await fixture.client.get({ index: fixture.index, id: 'd1', routing: 'r1' })
    expect(read.body._routing).toBe('r1')
  })

  test('an alias and a default pipeline of the user work as with any other client', async () => {
    const fixture = await workerFixture('alias')
    const { client, index } = fixture
    const pipeline = `${index}-own`
    onTestFinished(async () => void (await client.ingest.deletePipeline({ id: pipeline }, { ignore: [404] })))
    const processors = [{ set: { field: 'seen', value: true } }, { pipeline: { name: `lexpand-${index}` } }]
    await client.ingest.putPipeline({ id: pipeline, body: { processors } } as never)
    await client.indices.putSettings({ index, body: { 'index.default_pipeline': pipeline } } as never)
    await client.indices.putAlias({ index, name: `${index}-alias` })
    await enqueue({ ...fixture, index: `${index}-alias` }, notes(3))
    await fixture.startWorker()
    await fixture.queue.idle()
    const documents = await fixture.documents()
    expect(documents.get('d1')?.seen).toBe(true)
    await expectAllReady(fixture, documents, fixture.encoder())
  })

  test('ten million characters are one document whose rest is counted as truncated', async () => {
    const fixture = await workerFixture('long')
    await enqueue(fixture, [
      { id: 'long', source: { text: 'the quick brown fox '.repeat(500_000) } },
      ...notes(3),
    ])
    await fixture.startWorker()
    await fixture.queue.idle()
    const documents = await fixture.documents()
    expect(states(documents)).toEqual({ ready: 4 })
    expect(documents.get('long')?.lexpand).toMatchObject({
      windows: 16,
      truncated: expect.toSatisfy((count: number) => count > 1_900_000),
    })
  })
})

describe('while a document is being encoded', () => {
  test('a full update, a partial one and one past the pipeline end with the vector of the newest text', async () => {
    const fixture = await workerFixture('update')
    const { client, index } = fixture
    await enqueue(fixture, notes(6))
    const encoder = interrupted(fixture.encoder(), async () => {
      await client.index({ index, id: 'd0', body: { text: 'wholly new thoughts' } })
      await client.update({ index, id: 'd1', body: { doc: { text: 'partly new thoughts' } } })
      await client.bulk({
        body: [{ update: { _index: index, _id: 'd2' } }, { doc: { text: 'past the pipeline' } }],
      })
      await client.update({ index, id: 'd3', body: { doc: { number: 99 } } })
    })
    const worker = await fixture.startWorker(encoder)
    await fixture.queue.idle()
    const documents = await fixture.documents()
    expect(documents.get('d2')?.text).toBe('past the pipeline')
    expect(documents.get('d3')?.number).toBe(99)
    await expectAllReady(fixture, documents, fixture.encoder())
    expect(worker.stats.ready).toBe(6)
  })

  test('a delete is final', async () => {
    const fixture = await workerFixture('delete')
    const { client, index } = fixture
    await enqueue(fixture, notes(4))
    const encoder = interrupted(fixture.encoder(), () => client.delete({ index, id: 'd2' }))
    const worker = await fixture.startWorker(encoder)
    await fixture.queue.idle()
    const documents = await fixture.documents()
    expect([...documents.keys()].toSorted()).toEqual(['d0', 'd1', 'd3'])
    expect(worker.stats).toMatchObject({ ready: 3, deleted: 1 })
  })

  test('the whole index may go', async () => {
    const fixture = await workerFixture('drop')
    await enqueue(fixture, notes(4))
    const encoder = interrupted(fixture.encoder(), () =>
      fixture.client.indices.delete({ index: fixture.index }),
    )
    const worker = await fixture.startWorker(encoder)
    await fixture.queue.idle()
    expect(worker.stats).toMatchObject({ ready: 0, deleted: 4 })
    expect((await fixture.client.indices.exists({ index: fixture.index })).body).toBe(false)
  })
})

describe('trouble', () => {
  test('two workers share the work, no document is encoded twice', async () => {
    const fixture = await workerFixture('two')
    await enqueue(fixture, notes(640))
    const workers = await Promise.all([
      fixture.startWorker(fixture.encoder({ delayMs: 30 })),
      fixture.startWorker(fixture.encoder({ delayMs: 30 })),
    ])
    await fixture.queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
    expect(workers.map(({ stats }) => stats.ready).reduce((a, b) => a + b)).toBe(640)
    for (const { stats } of workers) expect(stats.ready).toBeGreaterThan(0)
  })

  test('a poisonous text is marked failed with the reason, all others are ready', async () => {
    const fixture = await workerFixture('poison')
    const poisonId = fixture.model.tokenizer.idOf('poison') as number
    const documents = notes(150).with(40, { id: 'bad', source: { text: 'a cup of poison' } })
    await enqueue(fixture, documents)
    await fixture.startWorker(fixture.encoder({ poison: ({ inputIds }) => inputIds.includes(poisonId) }))
    await fixture.queue.idle()
    const stored = await fixture.documents()
    expect(states(stored)).toEqual({ ready: 149, failed: 1 })
    expect(stored.get('bad')?.lexpand).toMatchObject({ error: expect.stringContaining('got poison') })
    expect(stored.get('bad')).not.toHaveProperty(fixture.specification.sparse_field)
  })

  test('while the encoder fails on everything documents stay pending, afterwards they become ready', async () => {
    const fixture = await workerFixture('broken')
    await enqueue(fixture, notes(100))
    let broken = true
    const working = fixture.encoder()
    const worker = await fixture.startWorker({
      async encode(batch) {
        if (broken) throw new LexpandError('ENCODER', '[encoder] expected a model, got none. Restore it.')
        return working.encode(batch)
      },
      dispose: () => working.dispose(),
    })
    await until(async () => (await fixture.queue.jobs.getDelayedCount()) === 2)
    expect(states(await fixture.documents())).toEqual({ pending: 100 })
    broken = false
    await fixture.queue.idle()
    expect(worker.stats.failedJobs).toBe(0)
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })

  test('an index that is blocked for a while is waited for', async () => {
    const fixture = await workerFixture('blocked')
    const { client, index } = fixture
    await enqueue(fixture, notes(100))
    const block = (write: boolean | null) =>
      client.indices.putSettings({ index, body: { 'index.blocks.write': write } } as never)
    await block(true)
    await expect(enqueue(fixture, notes(1))).rejects.toMatchObject({
      code: 'INDEX',
      message: expect.stringContaining('Lift the block'),
    })
    const worker = await fixture.startWorker()
    await sleep(2_000)
    expect(worker.stats).toMatchObject({ ready: 0, failed: 0, failedJobs: 0 })
    await block(null)
    await fixture.queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
    expect(worker.stats).toMatchObject({ ready: 100, failedJobs: 0 })
  })

  test('close finishes the running jobs; the next worker goes on without waiting for locks to run out', async () => {
    const fixture = await workerFixture('close')
    await enqueue(fixture, notes(640))
    const first = await fixture.startWorker(fixture.encoder({ delayMs: 100 }))
    await until(() => first.stats.ready > 0)
    await first.close()
    const { ready } = first.stats
    expect(ready % 64).toBe(0)
    expect(ready).toBeLessThan(640)
    expect(await fixture.queue.jobs.getActiveCount()).toBe(0)
    const second = await fixture.startWorker()
    await fixture.queue.idle()
    expect(second.stats.ready).toBe(640 - ready)
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })

  test('close gives jobs back that take longer than its bound', async () => {
    const fixture = await workerFixture('bound')
    await enqueue(fixture, notes(64))
    const worker = await fixture.startWorker(fixture.encoder({ delayMs: 2_000 }), { closeTimeoutMs: 100 })
    await until(async () => (await fixture.queue.jobs.getActiveCount()) === 1)
    await worker.close()
    expect(await fixture.queue.jobs.getActiveCount()).toBe(0)
    await fixture.startWorker()
    await fixture.queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })

  test('a job of an unknown version, or for an index made differently, fails at once with a clear reason', async () => {
    const fixture = await workerFixture('version')
    const { queue, index, specification } = fixture
    const worker = await fixture.startWorker()
    await queue.jobs.add('encode', { version: 2, something: 'new' } as never)
    await queue.add(index, 'another-fingerprint', [{ id: 'd', seq_no: 0, primary_term: 1 }])
    await queue.add('no-such-index', specification.fingerprint, [{ id: 'd', seq_no: 0, primary_term: 1 }])
    await until(() => worker.stats.failedJobs === 3)
    const reasons = (await queue.jobs.getFailed()).map(({ failedReason }) => failedReason).toSorted()
    expect(reasons).toEqual(
      [
        expect.stringMatching(/expected payload version 1, got 2/),
        expect.stringMatching(/expected fingerprint another-fingerprint .*got/),
        expect.stringMatching(/no-such-index to exist/),
      ].toSorted((a, b) => String(a).localeCompare(String(b))),
    )
  })
})
