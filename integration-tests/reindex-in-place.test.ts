import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startPrivateRedis } from '../embedded/index.ts'
import { readSpecification } from '../mappings/index.ts'
import { connect, openQueue, startWorker } from '../workers/index.ts'
import { beginBeside, beginInPlace, fillInPlace, findIndex } from '../workers/reindex/index.ts'
import { MAX_QUEUED_JOBS } from '../workers/reindex/run/encoding.ts'
import { type ReindexFixture, reindexFixture } from './fixtures/reindex-fixture.ts'
import { uniqueName } from './fixtures/test-index.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady } from './fixtures/worker-fixture.ts'
import { textOf } from './fixtures/writers.ts'

/** Documents as they are in an index before Lexpand: without a sidecar. */
async function unmarked({ client, index }: ReindexFixture, count: number, from = 0): Promise<void> {
  const lines = Array.from({ length: count }, (_, at) => [
    { index: { _id: `d${from + at}` } },
    { text: textOf(from + at, 0), n: 0 },
  ]).flat()
  await client.bulk({ index, pipeline: '_none', body: lines as never, refresh: true })
}

async function fill(fixture: ReindexFixture, signal = new AbortController().signal, queue = fixture.queue) {
  const { client, index } = fixture
  const found = await findIndex(client, index)
  if (found === undefined) throw new Error(`no index ${index}`)
  const run = await beginInPlace(client, found, await readSpecification(client, index), signal)
  try {
    return await fillInPlace({ client, queue, run })
  } finally {
    await run.close()
  }
}

describe('filling in place', () => {
  test('encodes all that was there, while clients write, and goes on where it was paused', async () => {
    const fixture = await reindexFixture('in-place')
    await unmarked(fixture, 1_200)
    const pausing = new AbortController()
    const paused = fill(fixture, pausing.signal)
    await until(async () => (await fixture.queue.jobs.getWaitingCount()) >= 10)
    pausing.abort()
    await expect(paused).rejects.toMatchObject({ name: 'Paused' })
    await fixture.startWorker()
    const report = fill(fixture)
    await unmarked(fixture, 50, 5_000)
    expect(await report).toMatchObject({ ready: expect.any(Number), failed: 0 })
    const documents = await fixture.documents()
    const before = new Map([...documents].filter(([id]) => Number(id.slice(1)) < 1_200))
    expect(before.size).toBe(1_200)
    await expectAllReady(fixture, before, fixture.encoder())
  })

  test('never has more in the queue than its bound', async () => {
    const fixture = await reindexFixture('bound')
    // The queue already holds as many jobs as allowed.
    const { client, index, queue } = fixture
    await unmarked(fixture, 300)
    const { fingerprint } = await readSpecification(client, index)
    const fillers = Array.from({ length: MAX_QUEUED_JOBS }, (_, at) => ({
      id: `none${at}`,
      seq_no: 0,
      primary_term: 1,
    }))
    for (const filler of fillers) await queue.add(index, fingerprint, [filler])
    const pausing = new AbortController()
    const paused = fill(fixture, pausing.signal)
    await sleep(1_500)
    expect(await queue.jobs.getWaitingCount()).toBe(MAX_QUEUED_JOBS)
    pausing.abort()
    await expect(paused).rejects.toMatchObject({ name: 'Paused' })
  })

  test('survives a Redis that forgets everything', async () => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    const fixture = await reindexFixture('forgetful')
    const queue = await openQueue({ redis: redis.url, model: fixture.model })
    onTestFinished(() => queue.close())
    await unmarked(fixture, 300)
    const report = fill(fixture, undefined, queue)
    await until(async () => (await queue.jobs.getWaitingCount()) > 0)
    const connection = await connect(redis.url, { role: 'queue' })
    await connection.flushall()
    connection.disconnect()
    const { client, model } = fixture
    const logger = pino({ level: 'silent' })
    const encoder = fixture.encoder()
    const worker = await startWorker({ client, redis: redis.url, model, logger, encoder })
    onTestFinished(() => worker.close())
    expect(await report).toMatchObject({ documents: 300, ready: 300, pending: 0 })
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })
})

describe('what cannot be migrated is refused by name, and nothing is made', () => {
  test.each([
    ['a closed index', { close: true }, /closed index/],
    ['an index blocked for writing', { settings: { 'index.blocks.write': true } }, /index\.blocks\.write/],
    [
      '_source without some fields',
      { mappings: { _source: { excludes: ['secret'] } } },
      /one without secret/,
    ],
    ['no _source', { mappings: { _source: { enabled: false } } }, /to be complete, got none/],
  ])('%s', async (_, options: { close?: boolean; settings?: object; mappings?: object }, message) => {
    const { client, nextSpecification } = await reindexFixture('refused')
    const index = uniqueName('refused-old')
    onTestFinished(async () => {
      await client.indices.delete({ index: [index, `${index}-v2`], ignore_unavailable: true })
    })
    await client.indices.create({
      index,
      body: {
        settings: { number_of_replicas: 0 },
        mappings: { properties: { text: { type: 'text' } }, ...options.mappings },
        aliases: { [`${index}-live`]: {} },
      } as never,
    })
    if (options.settings !== undefined) {
      await client.indices.putSettings({ index, body: options.settings as never })
    }
    if (options.close === true) await client.indices.close({ index })
    const begun = beginBeside({
      client,
      name: `${index}-live`,
      to: `${index}-v2`,
      specification: nextSpecification,
      signal: new AbortController().signal,
    })
    await expect(begun).rejects.toThrow(message)
    expect((await client.indices.exists({ index: `${index}-v2` })).statusCode).toBe(404)
    await client.indices.putSettings({ index, body: { 'index.blocks.write': null } as never }).catch(() => {})
  })

  test('a data stream', async () => {
    const { client, nextSpecification } = await reindexFixture('refused-stream')
    const name = uniqueName('stream')
    onTestFinished(async () => {
      await client.indices.deleteDataStream({ name }, { ignore: [404] })
      await client.indices.deleteIndexTemplate({ name }, { ignore: [404] })
    })
    await client.indices.putIndexTemplate({
      name,
      body: { index_patterns: [name], data_stream: {}, priority: 500 } as never,
    })
    await client.indices.createDataStream({ name })
    const signal = new AbortController().signal
    const begun = beginBeside({ client, name, to: `${name}-v2`, specification: nextSpecification, signal })
    await expect(begun).rejects.toThrow(/data stream/)
  })
})
