import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { installIndex, SIDECAR, textHash } from '../mappings/index.ts'
import { installIngestPipeline } from '../pipelines/index.ts'
import { LexpandError } from '../sparse/errors.ts'
import {
  enqueue,
  lexpandIndices,
  type QueuedDocument,
  type RunningSweeper,
  type SourceDocument,
  type SweeperOptions,
  startSweeper,
  sweep,
} from '../workers/index.ts'
import { notes, TOPICS } from './fixtures/notes.ts'
import { states } from './fixtures/stored-vectors.ts'
import { removeIndices, uniqueName } from './fixtures/test-index.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

/** Stores documents as `enqueue` does whose process dies before they are queued. */
function unqueued({ queue, ...fixture }: WorkerFixture, documents: readonly SourceDocument[]) {
  const deaf = { ...queue, add: async () => ({ jobs: 0, documents: 0 }) }
  return enqueue({ ...fixture, queue: deaf }, documents)
}

async function sweeper(
  { client, redis, index }: WorkerFixture,
  options: Partial<SweeperOptions> = {},
): Promise<RunningSweeper> {
  const running = await startSweeper({
    client,
    redis,
    indices: [index],
    everyMs: 200,
    logger: pino({ level: 'silent' }),
    ...options,
  })
  onTestFinished(() => running.close())
  return running
}

async function queuedIds({ queue }: WorkerFixture): Promise<string[]> {
  const jobs = await queue.jobs.getWaiting()
  return jobs.flatMap(({ data }) => data.documents.map(({ id }) => id)).toSorted()
}

async function untilAll(fixture: WorkerFixture, state: string): Promise<void> {
  await until(async () => {
    const documents = await fixture.documents()
    return states(documents)[state] === documents.size
  }, 60_000)
}

describe('the hook: only a worker and a sweeper run', () => {
  test('whatever way a document is written or changed, it ends ready with the vector of its present text', async () => {
    const fixture = await workerFixture('hook', { settings: { number_of_shards: 2 } })
    const { client, index, specification } = fixture
    await fixture.startWorker()
    await sweeper(fixture)
    const bulk = (...body: object[]) => client.bulk({ index, body })
    await client.index({ index, id: 'doc', body: { text: 'one document' } })
    await bulk(
      ...['a', 'b', 'c', 'gone', 'kept'].flatMap((id) => [{ index: { _id: id } }, { text: `text of ${id}` }]),
    )
    await bulk({ update: { _id: 'upsert' } }, { doc: { text: 'inserted by an update' }, doc_as_upsert: true })
    await client.index({ index, id: 'routed', routing: 'r', body: { text: 'somewhere else' } })
    const from = uniqueName('hook-source')
    onTestFinished(() => removeIndices(client, from))
    await client.index({ index: from, id: 'copied', refresh: true, body: { text: 'copied by reindex' } })
    await client.reindex({ body: { source: { index: from }, dest: { index } } })
    await client.index({ index, id: 'raw', pipeline: '_none', body: { text: 'past the pipeline' } })
    await untilAll(fixture, 'ready')
    const before = await fixture.documents()
    expect(before.size).toBe(10)
    await expectAllReady(fixture, before, fixture.encoder())

    await client.update({ index, id: 'doc', body: { doc: { text: 'another text' } } })
    await bulk({ update: { _id: 'a' } }, { doc: { text: 'partly changed, past the pipeline' } })
    await bulk({ update: { _id: 'kept' } }, { doc: { price: 5 } })
    await client.updateByQuery({
      index,
      refresh: true,
      pipeline: '_none',
      body: {
        query: { ids: { values: ['b'] } },
        script: { source: "ctx._source.text = 'changed by a query'" },
      },
    } as never)
    await client.updateByQuery({
      index,
      refresh: true,
      body: {
        query: { ids: { values: ['c'] } },
        script: { source: "ctx._source.text = 'changed and stamped'" },
      },
    } as never)
    await client.delete({ index, id: 'gone' })
    const isPresent = async () => {
      const now = await fixture.documents()
      return [...now.values()].every((source) => {
        const { state, text_hash } = source[SIDECAR] as { state: string; text_hash: string }
        return state === 'ready' && text_hash === textHash(source, specification.fields)
      })
    }
    await until(isPresent)
    const documents = await fixture.documents()
    expect(documents.size).toBe(9)
    expect(documents.get('a')?.text).toBe('partly changed, past the pipeline')
    expect(documents.get('b')?.text).toBe('changed by a query')
    // Another field alone costs no encoding.
    expect(documents.get('kept')).toEqual({ ...before.get('kept'), price: 5 })
    await expectAllReady(fixture, documents, fixture.encoder())
  })

  test('under constant writes every text that was there at the end has its vector, and none was encoded over and over', async () => {
    const fixture = await workerFixture('constant', { settings: { number_of_shards: 3 } })
    const { client, index } = fixture
    const worker = await fixture.startWorker()
    await sweeper(fixture, { everyMs: 50 })
    let writes = 0
    const writer = async (name: number) => {
      for (let round = 0; round < 40; round++) {
        const body = Array.from({ length: 10 }, (_, at) => {
          const _id = `w${name}-${(round * 7 + at) % 60}`
          const text = `${TOPICS[at % 5]} in round ${round}`
          writes++
          return at % 2 === 0
            ? [{ index: { _id } }, { text }]
            : [{ update: { _id } }, { doc: { text }, doc_as_upsert: true }]
        })
        await client.bulk({ index, body: body.flat() })
      }
    }
    await Promise.all([0, 1, 2, 3].map(writer))
    await until(async () => {
      const documents = await fixture.documents()
      const isFresh = ([, source]: [string, Record<string, unknown>]) =>
        (source[SIDECAR] as { text_hash?: string })?.text_hash === textHash(source, ['text'])
      return states(documents).ready === documents.size && [...documents].every(isFresh)
    })
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
    expect(worker.stats.ready).toBeLessThanOrEqual(writes * 1.05)
  })
})

describe('changes by sequence number', () => {
  test('under concurrent writes nothing appears late below what was swept: no second look is needed', async () => {
    const fixture = await workerFixture('late', { settings: { number_of_shards: 2 } })
    const { client, index, queue } = fixture
    const found = new Set<string>()
    const collecting = {
      ...queue,
      async add(_index: string, _fingerprint: string, documents: readonly QueuedDocument[]) {
        for (const { id } of documents) found.add(id)
        return { jobs: 1, documents: documents.length }
      },
    }
    // Long and short texts beside each other, so that operations finish in another order than they started.
    const writer = async (name: number) => {
      // A fast engine takes thirty rounds within two sweeps; the claim is about sweeps amid writes, so those decide.
      for (let round = 0; round < 30 || sweeps < 4; round++) {
        const ids = Array.from({ length: 6 }, (_, at) => `w${name}-r${round}-${at}`)
        const text = (at: number) => 'words to be analysed '.repeat(at % 3 === 0 ? 4_000 : 1)
        const body = ids.flatMap((id, at) => [{ index: { _id: id } }, { text: `${text(at)} ${id}` }])
        const { body: reply } = await client.bulk({ index, pipeline: '_none', body })
        expect(reply.errors).toBe(false)
      }
    }
    let sweeps = 0
    let isWriting = true
    const writing = Promise.all([0, 1, 2, 3, 4, 5].map(writer)).finally(() => {
      isWriting = false
    })
    do {
      await sweep(client, collecting, index, { pending: false })
      sweeps++
    } while (isWriting)
    await writing
    await sweep(client, collecting, index, { pending: false })
    const written = await fixture.documents()
    expect(written.size).toBeGreaterThanOrEqual(6 * 30 * 6)
    expect([...written.keys()].filter((id) => !found.has(id))).toEqual([])
    expect(found.size).toBe(written.size)
  })
})

describe('one sweep', () => {
  test('queues what other clients wrote through the pipeline, and what was there before Lexpand', async () => {
    const fixture = await workerFixture('sweep')
    const { client, index, queue } = fixture
    await client.index({ index, id: 'hook', body: { text: 'written by anybody' } })
    // The engine keeps more digits than a JavaScript number: the worker must not touch other fields.
    const before = '{"text": "older than lexpand", "long": 9223372036854775807}'
    await client.index({ index, id: 'before', pipeline: '_none', body: before as never })
    await client.index({ index, id: 'blank', pipeline: '_none', body: {} })
    expect(await sweep(client, queue, index)).toMatchObject({
      found: 3,
      jobs: 1,
      scanned: 3,
      outcome: 'done',
    })
    await fixture.startWorker()
    await queue.idle()
    expect(states(await fixture.documents())).toEqual({ ready: 2, empty: 1 })
    const url = `${inject('opensearchUrl')}/${index}/_source/before`
    expect(await (await fetch(url)).text()).toContain('9223372036854775807')
    // Our own write-backs changed the documents: they are looked at, and fit.
    expect(await sweep(client, queue, index)).toMatchObject({ found: 0, jobs: 0, scanned: 3 })
    expect(await sweep(client, queue, index)).toMatchObject({ found: 0, jobs: 0, scanned: 0 })
  })

  test('finds documents that were stored but not queued, in pages, with their routing', async () => {
    const fixture = await workerFixture('unqueued', { settings: { number_of_shards: 2 } })
    const crash = new LexpandError('SERVICE', 'the process died here')
    const dead = { ...fixture.queue, add: () => Promise.reject(crash) }
    const documents = notes(900).map(({ id, source }) => ({ id: `routed-${id}`, routing: `r${id}`, source }))
    await expect(enqueue({ ...fixture, queue: dead }, documents)).rejects.toBe(crash)
    // Documents of the first request.
    const routed = await fixture.documents()
    expect(routed.size).toBeGreaterThan(0)
    await unqueued(fixture, notes(2_100))
    const count = routed.size + 2_100
    expect(await sweep(fixture.client, fixture.queue, fixture.index)).toMatchObject({ found: count })
    await fixture.startWorker()
    await fixture.queue.idle()
    const stored = await fixture.documents()
    expect(stored.size).toBe(count)
    expect([...stored.keys()]).toEqual(expect.arrayContaining([...routed.keys()]))
    await expectAllReady(fixture, stored, fixture.encoder())
  })

  test('twice in a row, or after enqueue, queues a version once; a new version again', async () => {
    const fixture = await workerFixture('twice')
    const { client, queue, index } = fixture
    await unqueued(fixture, notes(200))
    await sweep(client, queue, index)
    await sweep(client, queue, index)
    await enqueue(fixture, [{ id: 'pushed', source: { text: 'queued by its application' } }])
    expect(await sweep(client, queue, index)).toMatchObject({ jobs: 0 })
    expect(await queuedIds(fixture)).toEqual([...notes(200).map(({ id }) => id), 'pushed'].toSorted())
    await client.index({ index, id: 'd0', body: { text: 'newer' } })
    expect(await sweep(client, queue, index)).toMatchObject({ jobs: 1 })
  })

  test('finds a document whose job was given up or lost, though its checkpoint passed it', async () => {
    const fixture = await workerFixture('givenup')
    const { client, queue, index } = fixture
    await unqueued(fixture, notes(2))
    expect(await sweep(client, queue, index)).toMatchObject({ found: 2, jobs: 1 })
    const [job] = await queue.jobs.getWaiting()
    await job?.remove()
    expect(await sweep(client, queue, index, { pending: false })).toMatchObject({ found: 0, jobs: 0 })
    expect(await sweep(client, queue, index)).toMatchObject({ found: 2, jobs: 1 })
    await fixture.startWorker()
    await queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })

  test('goes on where the last one was stopped, and starts again where Redis, the index or the model is another', async () => {
    const fixture = await workerFixture('resume')
    const { client, queue, index, specification } = fixture
    await unqueued(fixture, notes(1_000))
    const stop = new AbortController()
    const onPage = () => stop.abort()
    const first = await sweep(client, queue, index, { signal: stop.signal, onPage })
    expect(first).toMatchObject({ outcome: 'stopped', scanned: 100 })
    expect(await sweep(client, queue, index, { pending: false })).toMatchObject({
      outcome: 'done',
      scanned: 900,
    })
    const scanned = async () => (await sweep(client, queue, index, { pending: false })).scanned
    expect(await scanned()).toBe(0)
    const keys = await queue.redis.keys(`lexpand:swept:*:${specification.fingerprint}`)
    for (const key of keys) await queue.redis.del(key)
    expect(await scanned()).toBe(1_000)
    // A restored snapshot, or a primary that was forced: the numbers have another meaning.
    for (const key of keys) await queue.redis.hset(key, '0', 'another-history 999')
    expect(await scanned()).toBe(1_000)
    // Ahead of the shard: never, as long as all is well.
    const [key = ''] = keys
    const [history] = (await queue.redis.hget(key, '0'))?.split(' ') ?? []
    await queue.redis.hset(key, '0', `${history} 5000`)
    expect(await scanned()).toBe(1_000)
    await client.indices.delete({ index })
    await installIndex(client, index, specification)
    await installIngestPipeline(client, index, specification)
    await unqueued(fixture, notes(3))
    expect(await scanned()).toBe(3)
  })

  test('killed after its jobs were added and before its checkpoint: nothing is missed or queued twice', async () => {
    const fixture = await workerFixture('killed')
    const { client, queue, index } = fixture
    await unqueued(fixture, notes(300))
    const crash = new Error('killed here')
    const dying = Object.create(queue.redis, {
      multi: {
        value: () => {
          throw crash
        },
      },
    })
    await expect(sweep(client, { ...queue, redis: dying }, index)).rejects.toBe(crash)
    expect((await queuedIds(fixture)).length).toBe(100)
    expect(await sweep(client, queue, index)).toMatchObject({ found: 300, scanned: 300 })
    expect(await queuedIds(fixture)).toEqual(
      notes(300)
        .map(({ id }) => id)
        .toSorted(),
    )
  })

  test('stops at a full queue and goes on when there is room', async () => {
    const fixture = await workerFixture('full')
    const { client, queue, index } = fixture
    await unqueued(fixture, notes(300))
    let pages = 0
    const small = { ...queue, isFull: async () => pages > 0 }
    const options = { onPage: () => void pages++ }
    expect(await sweep(client, small, index, options)).toMatchObject({ outcome: 'full', found: 100 })
    expect(await sweep(client, queue, index, { pending: false })).toMatchObject({
      outcome: 'done',
      found: 200,
    })
  })

  test('judges texts of ten megabytes, odd characters and wrong types by their hash, as the worker does', async () => {
    const fixture = await workerFixture('odd')
    const { client, index, queue, specification } = fixture
    const long = 'a long story '.repeat(800_000)
    const sources: Record<string, unknown> = {
      long: { text: long },
      'longer than a page takes': { text: ['not so long '.repeat(5_000), 'and more'] },
      surrogate: { text: 'lone \ud83d surrogate \udc00 beside a pair 😀' },
      list: { text: ['one', ['two', null], 'three'] },
      number: { text: 7 },
      missing: {},
    }
    const sidecar = (source: unknown) => ({
      state: 'ready',
      text_hash: textHash(source, ['text']),
      fingerprint: specification.fingerprint,
    })
    for (const [id, source] of Object.entries(sources)) {
      const body = { ...(source as object), [SIDECAR]: sidecar(source) }
      await client.index({ index, id, pipeline: '_none', body })
    }
    expect(await sweep(client, queue, index)).toMatchObject({ found: 0, scanned: 6 })
    for (const id of Object.keys(sources)) {
      await client.bulk({
        index,
        body: [{ update: { _id: id } }, { doc: { text: `${'another one '.repeat(2_000)}${id}` } }],
      })
    }
    expect(await sweep(client, queue, index)).toMatchObject({ found: 6, scanned: 6 })
    expect(await queuedIds(fixture)).toEqual(Object.keys(sources).toSorted())
  })

  test('a sidecar that a client made up is no trouble', async () => {
    const fixture = await workerFixture('made-up')
    const { client, index, queue } = fixture
    // Not through the pipeline, which would put it right, and with keys that the strict mapping takes.
    const made = [
      { state: 'pending', text_hash: ['a', 'b'] },
      { state: 'ready', pending_since: 'yesterday' },
      {},
      null,
    ]
    for (const [at, lexpand] of made.entries()) {
      await client.index({ index, id: `${at}`, pipeline: '_none', body: { text: 'text', lexpand } })
    }
    expect(await sweep(client, queue, index)).toMatchObject({ found: 4 })
    await fixture.startWorker()
    await queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })
})

describe('clocks', () => {
  test('a pending_since far in the past or future changes a figure and nothing else', async () => {
    const fixture = await workerFixture('since')
    const { client, index, queue } = fixture
    for (const [id, pending_since] of [
      ['past', '1970-01-02T00:00:00Z'],
      ['future', '2190-01-01T00:00:00Z'],
    ]) {
      const lexpand = { state: 'pending', text_hash: textHash({ text: id }, ['text']), pending_since }
      await client.index({ index, id: id ?? '', pipeline: '_none', body: { text: id, lexpand } })
    }
    const report = await sweep(client, queue, index)
    expect(report.found).toBe(2)
    expect(report.oldestPendingSeconds).toBeGreaterThan(50 * 365 * 86_400)
    await (await queue.jobs.getWaiting())[0]?.remove()
    expect(await sweep(client, queue, index)).toMatchObject({ found: 2, jobs: 1 })
    await fixture.startWorker()
    await queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
    expect(await sweep(client, queue, index)).toMatchObject({ oldestPendingSeconds: 0 })
  })
})

describe('several sweepers', () => {
  test('one works on an index at a time, the other leaves it alone; a dead one keeps it for seconds only', async () => {
    const fixture = await workerFixture('lease')
    const { client, queue, index } = fixture
    await unqueued(fixture, notes(300))
    const isTaken = sweepsWhile(
      fixture,
      async () => (await sweep(client, queue, index, { waitMs: 0 })).outcome,
    )
    expect(await isTaken).toBe('taken')
    expect(await sweep(client, queue, index)).toMatchObject({ outcome: 'done' })
    // The rest of a killed sweeper.
    const { body } = await client.indices.getSettings({ index, flat_settings: true })
    const uuid = body[index]?.settings?.['index.uuid']
    await queue.redis.set(`lexpand:lease:sweep:${uuid}`, 'of a dead process', 'PX', 1_000)
    expect(await sweep(client, queue, index)).toMatchObject({ outcome: 'done' })
  })

  test('a sweeper that lost its lease stops before its next page', async () => {
    const fixture = await workerFixture('lost')
    const { client, queue, index } = fixture
    await unqueued(fixture, notes(500))
    const { body } = await client.indices.getSettings({ index, flat_settings: true })
    const key = `lexpand:lease:sweep:${body[index]?.settings?.['index.uuid']}`
    let stolen = false
    const slow = {
      ...queue,
      async add(...documents: Parameters<typeof queue.add>) {
        const added = await queue.add(...documents)
        if (!stolen) await queue.redis.set(key, 'of another sweeper')
        stolen = true
        // Longer than the time between two renewals.
        await sleep(6_000)
        return added
      },
    }
    expect(await sweep(client, slow, index)).toMatchObject({ outcome: 'taken', scanned: 100 })
    expect(await queue.redis.get(key)).toBe('of another sweeper')
    await queue.redis.del(key)
  })

  test('a sweeper finds indices of all models, of one, and those that come later; it leaves closed and missing ones', async () => {
    const fixture = await workerFixture('all')
    const { client, queue, index, model } = fixture
    const running = await sweeper(fixture, { indices: [uniqueName('missing'), `${index}*`] })
    const other = await workerFixture('other')
    expect(await lexpandIndices(client, { identity: model.identity })).toEqual([
      { name: index, identity: model.identity },
    ])
    await sweeper(other)
    for (const one of [fixture, other])
      await client.index({ index: one.index, id: 'a', body: { text: 'mine' } })
    await until(async () => (await queuedIds(fixture)).length === 1 && (await queuedIds(other)).length === 1)
    await client.indices.close({ index })
    expect(await lexpandIndices(client, { identity: model.identity })).toEqual([])
    await running.close()
    expect(await queue.jobs.getWaitingCount()).toBe(1)
  })
})

/** Runs something after the first page of a sweep, while that sweep still holds its lease. */
async function sweepsWhile<T>(
  { client, queue, index }: WorkerFixture,
  work: () => Promise<T>,
): Promise<T | undefined> {
  let result: T | undefined
  const pausing = {
    ...queue,
    async add(...documents: Parameters<typeof queue.add>) {
      result ??= await work()
      return queue.add(...documents)
    },
  }
  await sweep(client, pausing, index)
  return result
}
