import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { installIndex, SIDECAR, textHash } from '../mappings/index.ts'
import { installIngestPipeline } from '../pipelines/index.ts'
import type { Encoder } from '../sparse/index.ts'
import { enqueue, type RunningWorker, type SourceDocument, startSweeper, sweep } from '../workers/index.ts'
import { states } from './fixtures/stored-vectors.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'
import type { WorkerProcessSettings } from './fixtures/worker-process.ts'

function texts(count: number): SourceDocument[] {
  return Array.from({ length: count }, (_, at) => ({ id: `d${at}`, source: { text: `note number ${at}` } }))
}

describe('a job that comes twice', () => {
  test('to two workers at the same time: each document is encoded once', async () => {
    const fixture = await workerFixture('same-job')
    await enqueueTwice(fixture)
    let windows = 0
    const counting = (): Encoder => {
      const encoder = fixture.encoder({ delayMs: 500 })
      return {
        encode(batch) {
          windows += batch.length
          return encoder.encode(batch)
        },
        dispose: () => encoder.dispose(),
      }
    }
    const workers = [await fixture.startWorker(counting()), await fixture.startWorker(counting())]
    await fixture.queue.idle()
    expect(windows).toBe(64)
    await expectWrittenOnce(fixture, workers)
  })

  test('and is encoded twice, because Redis lost who has it: each document is written once', async () => {
    const fixture = await workerFixture('same-job-lost')
    const { queue } = fixture
    await enqueueTwice(fixture)
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const meeting = (own: PromiseWithResolvers<void>, other: PromiseWithResolvers<void>): Encoder => {
      const encoder = fixture.encoder()
      return {
        async encode(batch) {
          const claims = await queue.redis.keys('{lexpand}:*encoding:*')
          if (claims.length > 0) await queue.redis.del(claims)
          own.resolve()
          await other.promise
          return encoder.encode(batch)
        },
        dispose: () => encoder.dispose(),
      }
    }
    const one = await fixture.startWorker(meeting(first, second), { concurrency: 1 })
    await first.promise
    const two = await fixture.startWorker(meeting(second, first), { concurrency: 1 })
    await queue.idle()
    await expectWrittenOnce(fixture, [one, two])
  })

  test('after it was done: nothing is written', async () => {
    const fixture = await workerFixture('late-job')
    const { queue } = fixture
    await enqueue(fixture, texts(10))
    const [job] = await queue.jobs.getWaiting()
    const worker = await fixture.startWorker()
    await queue.idle()
    const before = await fixture.documents()
    if (job !== undefined) await queue.jobs.add('encode', job.data)
    await queue.idle()
    expect(await fixture.documents()).toEqual(before)
    expect(worker.stats).toMatchObject({ ready: 10, settled: 10 })
  })
})

async function enqueueTwice(fixture: WorkerFixture): Promise<void> {
  await enqueue(fixture, texts(64))
  const [job] = await fixture.queue.jobs.getWaiting()
  if (job !== undefined) await fixture.queue.jobs.add('encode', job.data)
}

async function expectWrittenOnce(fixture: WorkerFixture, workers: readonly RunningWorker[]): Promise<void> {
  await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  const { body } = await fixture.client.search({
    index: fixture.index,
    body: { size: 100, version: true } as never,
  })
  expect(body.hits.hits.map(({ _version }) => _version)).toEqual(new Array(64).fill(2))
  expect(workers.reduce((sum, { stats }) => sum + stats.ready, 0)).toBe(64)
  expect(workers.reduce((sum, { stats }) => sum + stats.failed + stats.failedJobs, 0)).toBe(0)
}

describe('a document that changes while it is encoded', () => {
  test('is encoded once more with its newest text, and never carries the vector of an old one', async () => {
    const fixture = await workerFixture('changes')
    const { client, index, queue } = fixture
    await enqueue(fixture, [{ id: 'd', source: { text: 'the first text' } }])
    const encoder = fixture.encoder()
    let encoded = 0
    await fixture.startWorker({
      async encode(batch) {
        encoded++
        if (encoded === 1) {
          await client.index({ index, id: 'd', body: { text: 'the second text' } })
          await client.bulk({ index, body: [{ update: { _id: 'd' } }, { doc: { text: 'the third text' } }] })
        }
        await sleep(300)
        return encoder.encode(batch)
      },
      dispose: () => encoder.dispose(),
    })
    const logger = pino({ level: 'silent' })
    const sweeper = await startSweeper({ ...fixture, indices: [index], everyMs: 50, logger })
    onTestFinished(() => sweeper.close())
    let wrong = 0
    await until(async () => {
      const { body } = await client.get({ index, id: 'd' })
      const source = body._source as Record<string, unknown>
      const { state, text_hash } = source[SIDECAR] as { state: string; text_hash: string }
      const isRight = text_hash === textHash(source, ['text'])
      if (state === 'ready' && !isRight) wrong++
      return state === 'ready' && isRight && source.text === 'the third text'
    })
    await queue.idle()
    expect({ wrong, encoded }).toEqual({ wrong: 0, encoded: 2 })
    await expectAllReady(fixture, await fixture.documents(), encoder)
  })
})

describe('two set-ups for one index', () => {
  test('are refused with both fingerprints: at the index, at its jobs; the documents wait for the right one', async () => {
    const fixture = await workerFixture('two-prints')
    const { client, index, queue, specification } = fixture
    const other = { ...specification, fingerprint: 'another0another0' }
    const both = new RegExp(`${other.fingerprint}.*${specification.fingerprint}`)
    await expect(installIndex(client, index, other)).rejects.toThrow(both)
    await enqueue({ ...fixture, specification: other }, texts(3))
    const worker = await fixture.startWorker()
    await until(() => worker.stats.failedJobs === 1)
    expect((await queue.jobs.getFailed())[0]?.failedReason).toMatch(both)
    expect(states(await fixture.documents())).toEqual({ pending: 3 })
    expect(await sweep(client, queue, index)).toMatchObject({ found: 3, jobs: 1 })
    await queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })

  test('a worker of another model takes no job of it, and its sweeper leaves the index alone', async () => {
    const fixture = await workerFixture('two-models')
    const other = await workerFixture('two-models-other')
    await fixture.client.index({ index: fixture.index, id: 'd', body: { text: 'of the first model' } })
    const logger = pino({ level: 'silent' })
    const { identity } = other.model
    const swept: string[] = []
    const onSwept = (index: string) => void swept.push(index)
    await other.client.index({ index: other.index, id: 'd', body: { text: 'of the second model' } })
    const sweeper = await startSweeper({ ...other, identity, everyMs: 100, logger, onSwept })
    onTestFinished(() => sweeper.close())
    await other.startWorker()
    await until(async () => states(await other.documents()).ready === 1)
    expect(new Set(swept)).toEqual(new Set([other.index]))
    expect(states(await fixture.documents())).toEqual({ pending: 1 })
  })
})

describe('clocks that are wrong', () => {
  const YEARS = 365 * 86_400_000

  /** Shifts the wall clock of this process. */
  function shiftClock(byMs: number): void {
    const Real = Date
    class Shifted extends Real {
      constructor(...given: unknown[]) {
        super(...((given.length === 0 ? [Real.now() + byMs] : given) as [number]))
      }
      static override now() {
        return Real.now() + byMs
      }
    }
    vi.stubGlobal('Date', Shifted)
    onTestFinished(() => void vi.unstubAllGlobals())
  }

  /** A worker with the true time. */
  async function trueWorker({ redis, model }: WorkerFixture): Promise<void> {
    const settings: WorkerProcessSettings = {
      opensearchUrl: inject('opensearchUrl'),
      redisUrl: redis,
      identity: model.identity,
      fakeDelayMs: 0,
    }
    const entry = fileURLToPath(new URL('fixtures/worker-process.ts', import.meta.url))
    const child = fork(entry, [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child, 'message')
  }

  test.each([
    ['ten years fast', 10 * YEARS],
    ['ten years slow', -10 * YEARS],
  ])(
    'an application and a sweeper that are %s: everything is encoded once by a worker with the true time',
    async (_, byMs) => {
      const fixture = await workerFixture('skew')
      const { client, index } = fixture
      await trueWorker(fixture)
      shiftClock(byMs)
      const logger = pino({ level: 'silent' })
      const sweeper = await startSweeper({ ...fixture, indices: [index], everyMs: 100, logger })
      onTestFinished(() => sweeper.close())
      await enqueue(fixture, texts(100))
      await client.index({ index, id: 'hook', body: { text: 'by the hook' } })
      await until(async () => states(await fixture.documents()).ready === 101)
      await client.bulk({ index, body: [{ update: { _id: 'hook' } }, { doc: { text: 'past it' } }] })
      await until(async () => {
        const source = (await fixture.documents()).get('hook')
        const stamp = source?.[SIDECAR] as { text_hash?: string } | undefined
        return stamp?.text_hash === textHash(source, ['text'])
      })
      await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
    },
  )

  test('a clock that jumps back and forth under a worker and a sweeper loses nothing', async () => {
    const fixture = await workerFixture('jump')
    const { client, index } = fixture
    const logger = pino({ level: 'silent' })
    await fixture.startWorker(fixture.encoder({ delayMs: 50 }))
    const sweeper = await startSweeper({ ...fixture, indices: [index], everyMs: 100, logger })
    onTestFinished(() => sweeper.close())
    for (const [round, byMs] of [3_600_000, -2 * YEARS, 0, 7_200_000].entries()) {
      shiftClock(byMs)
      await client.bulk({
        index,
        body: texts(50).flatMap(({ id, source }) => [{ index: { _id: `${round}-${id}` } }, source]),
      })
      await sleep(300)
      vi.unstubAllGlobals()
    }
    await until(async () => states(await fixture.documents()).ready === 200)
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })
})

test('stored pending documents say since when they wait, and ready ones do not', async () => {
  const fixture = await workerFixture('waits')
  const { client, queue, index, specification } = fixture
  await client.indices.putSettings({ index, body: { 'index.default_pipeline': '_none' } } as never)
  await enqueue(fixture, texts(1))
  await installIngestPipeline(client, index, specification)
  await client.index({ index, id: 'hook', body: { text: 'by the hook' } })
  for (const source of (await fixture.documents()).values()) {
    const { pending_since } = source[SIDECAR] as { pending_since: string }
    expect(Math.abs(Date.now() - Date.parse(pending_since))).toBeLessThan(60_000)
  }
  const { oldestPendingSeconds } = await sweep(client, queue, index)
  expect(oldestPendingSeconds).toBeGreaterThan(0)
  expect(oldestPendingSeconds).toBeLessThan(60)
  await fixture.startWorker()
  await queue.idle()
  for (const source of (await fixture.documents()).values())
    expect(source[SIDECAR]).not.toHaveProperty('pending_since')
})
