import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { startPrivateOpenSearch, startPrivateRedis } from '../embedded/index.ts'
import { onnxEncoder } from '../workers/encoders/onnx.ts'
import {
  assertRedisSettings,
  connect,
  type EncodeQueue,
  enqueue,
  openQueue,
  type SourceDocument,
  sweep,
} from '../workers/index.ts'
import { states } from './fixtures/stored-vectors.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'
import type { WorkerProcessSettings } from './fixtures/worker-process.ts'

const SUBJECTS = ['rain', 'a fast car', 'fresh bread', 'the moon', 'small birds', 'old music', 'good tea']
const VERBS = ['is seen in', 'is sold in', 'comes from', 'is missed in']
const PLACES = ['new york', 'paris', 'the garden', 'a quiet village', 'berlin']

function shortTexts(count: number): SourceDocument[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `d${at}`,
    source: {
      text: `${SUBJECTS[at % 7]} ${VERBS[at % 4]} ${PLACES[at % 5]} ${at}`,
    },
  }))
}

interface WorkerProcess {
  readonly process: ChildProcess
  /** Documents that it made ready so far. */
  ready(): number
}

async function startWorkerProcess(
  fixture: WorkerFixture,
  settings: Partial<WorkerProcessSettings> = {},
): Promise<WorkerProcess> {
  const all: WorkerProcessSettings = {
    opensearchUrl: inject('opensearchUrl'),
    redisUrl: fixture.redis,
    identity: fixture.model.identity,
    ...settings,
  }
  const entry = fileURLToPath(new URL('fixtures/worker-process.ts', import.meta.url))
  const child = fork(entry, [JSON.stringify(all)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let ready = 0
  child.on('message', (count: number) => {
    ready = count
  })
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the worker process ended with ${code}`)
    }),
  ])
  return { process: child, ready: () => ready }
}

describe('kill -9 of a worker', () => {
  test('in the middle of 2,000 documents: after a restart all are ready with the right vectors', {
    timeout: 400_000,
  }, async () => {
    const fixture = await workerFixture('kill-worker')
    await enqueue(fixture, shortTexts(2_000))
    const first = await startWorkerProcess(fixture)
    await until(() => first.ready() >= 300, 120_000)
    first.process.kill('SIGKILL')
    await once(first.process, 'exit')
    const before = states(await fixture.documents())
    expect(before.pending).toBeGreaterThan(0)
    await startWorkerProcess(fixture)
    await fixture.queue.idle()
    const documents = await fixture.documents()
    expect(documents.size).toBe(2_000)
    const encoder = onnxEncoder(fixture.model)
    onTestFinished(() => encoder.dispose())
    await expectAllReady(fixture, documents, encoder)
  })

  test('its jobs are done by another worker within 30 seconds, however often it happens', async () => {
    const fixture = await workerFixture('kill-often')
    await enqueue(fixture, shortTexts(512))
    // Two kills: the default of BullMQ gives a job up after one.
    for (let kill = 0; kill < 2; kill++) {
      const slow = await startWorkerProcess(fixture, { fakeDelayMs: 60_000 })
      await until(async () => (await fixture.queue.jobs.getActiveCount()) >= 3)
      slow.process.kill('SIGKILL')
      await once(slow.process, 'exit')
    }
    const startedAt = performance.now()
    await startWorkerProcess(fixture, { fakeDelayMs: 0 })
    await fixture.queue.idle()
    expect(performance.now() - startedAt).toBeLessThan(30_000)
    expect((await fixture.queue.jobs.getFailed()).map((job) => job.failedReason)).toEqual([])
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })

  test('SIGTERM lets it finish its jobs and leave in order', async () => {
    const fixture = await workerFixture('term')
    await enqueue(fixture, shortTexts(640))
    const worker = await startWorkerProcess(fixture, { fakeDelayMs: 300 })
    await until(() => worker.ready() > 0)
    worker.process.kill('SIGTERM')
    const [code] = await once(worker.process, 'exit')
    expect(code).toBe(0)
    expect(await fixture.queue.jobs.getActiveCount()).toBe(0)
    const { ready = 0 } = states(await fixture.documents())
    expect(ready % 64).toBe(0)
    expect(ready).toBeLessThan(640)
  })
})

describe('kill -9 of Redis', () => {
  test('while a worker runs: after its restart and a sweep all are ready', async () => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    const fixture = await workerFixture('kill-redis', { redis: redis.url })
    await enqueue(fixture, shortTexts(1_000))
    const worker = await startWorkerProcess(fixture, { fakeDelayMs: 200 })
    await until(() => worker.ready() >= 128)
    await redis.kill9()
    await sleep(2_000)
    await redis.restart()
    // The sweep finds documents that Redis had not yet written to its log (appendfsync everysec).
    await until(async () => {
      try {
        await sweep(fixture.client, fixture.queue, fixture.index)
        return true
      } catch {
        return false
      }
    }, 30_000)
    await fixture.queue.idle()
    expect(worker.process.exitCode).toBeNull()
    const documents = await fixture.documents()
    expect(documents.size).toBe(1_000)
    await expectAllReady(fixture, documents, fixture.encoder())
  })

  test('with everything in it lost, a sweep queues what is pending', async () => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    const fixture = await workerFixture('lose-redis', { redis: redis.url })
    await enqueue(fixture, shortTexts(300))
    const connection = await connect(redis.url, { role: 'queue' })
    await connection.flushall()
    connection.disconnect()
    expect(await sweep(fixture.client, fixture.queue, fixture.index)).toMatchObject({ found: 300 })
    await fixture.startWorker()
    await fixture.queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })

  test('before documents are queued: enqueue says that they are stored, a sweep finds them', async () => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    const fixture = await workerFixture('queue-down', { redis: redis.url })
    await redis.kill9()
    await expect(enqueue(fixture, shortTexts(100))).rejects.toMatchObject({
      code: 'SERVICE',
      message: expect.stringContaining('lexpand sweep'),
    })
    expect(states(await fixture.documents())).toEqual({ pending: 100 })
    await expect(openQueue({ redis: redis.url, model: fixture.model })).rejects.toMatchObject({
      code: 'SERVICE',
      message: expect.stringMatching(/expected Redis at 127\.0\.0\.1:\d+, got: .*ECONNREFUSED/),
    })
    await redis.restart()
    // The same application, on the connection that it has had all along.
    expect((await sweep(fixture.client, fixture.queue, fixture.index)).found).toBe(100)
    await fixture.startWorker()
    await fixture.queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })

  test('right after a queue was opened, for longer than it waits: it takes jobs again by itself, 20 of 20', async () => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    const names = Array.from({ length: 20 }, (_, at) => `outage${at}`.padEnd(12, '-'))
    const queues = await Promise.all(
      names.map((name) => openQueue({ redis: redis.url, model: { identity: name } })),
    )
    await redis.kill9()
    const add = (queue: EncodeQueue) => queue.add('i', 'f', [{ id: 'd', seq_no: 1, primary_term: 1 }])
    const refusals = await Promise.allSettled(queues.map(add))
    expect(refusals.filter(({ status }) => status === 'fulfilled')).toEqual([])
    await redis.restart()
    for (const queue of queues) {
      await until(
        () =>
          add(queue).then(
            () => true,
            () => false,
          ),
        20_000,
      )
      expect(await queue.jobs.getWaitingCount()).toBe(1)
      await queue.close()
    }
  })

  test('a Redis that wants a password says so, without the one that was tried', async () => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    const connection = await connect(redis.url, { role: 'queue' })
    onTestFinished(() => connection.disconnect())
    await connection.config('SET', 'requirepass', 'right')
    const wrong = redis.url.replace('redis://', 'redis://:wr0ng@')
    const refusal: unknown = await connect(wrong, { role: 'queue' }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'SERVICE', message: expect.stringContaining('password') })
    expect(String(refusal)).not.toContain('wr0ng')
  })

  test('a Redis that may throw jobs away is refused with the command that corrects it', async () => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    const connection = await connect(redis.url, { role: 'queue' })
    onTestFinished(() => connection.disconnect())
    expect(await assertRedisSettings(connection)).toEqual([])
    await connection.config('SET', 'appendonly', 'no')
    expect(await assertRedisSettings(connection)).toEqual([expect.stringContaining('appendonly yes')])
    await connection.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await expect(assertRedisSettings(connection)).rejects.toThrow(
      /got allkeys-lru.*CONFIG SET maxmemory-policy noeviction/,
    )
  })
})

describe('kill -9 of OpenSearch', () => {
  test('while documents are stored and encoded: both wait for it, nothing is lost', {
    timeout: 400_000,
  }, async () => {
    const engine = await startPrivateOpenSearch()
    onTestFinished(() => engine.stop())
    const { url, pid } = engine
    expect(url).not.toBe(inject('opensearchUrl'))
    if (process.platform === 'linux') expect(accountOf(pid)).not.toBe(0)
    const fixture = await workerFixture('kill-engine', { opensearchUrl: engine.url })
    const worker = await startWorkerProcess(fixture, { opensearchUrl: engine.url, fakeDelayMs: 100 })
    async function* source() {
      for (const [at, document] of shortTexts(2_500).entries()) {
        if (at === 1_500) {
          await until(() => worker.ready() > 0)
          await engine.kill9()
          void engine.restart()
        }
        yield document
      }
    }
    const report = await enqueue(fixture, source())
    expect(report).toMatchObject({ read: 2_500, indexed: 2_500, failed: 0 })
    await fixture.queue.idle()
    expect((await fixture.queue.jobs.getFailed()).map((job) => job.failedReason)).toEqual([])
    const documents = await fixture.documents()
    expect(documents.size).toBe(2_500)
    await expectAllReady(fixture, documents, fixture.encoder())
    expect(engine.url).toBe(url)
    expect(engine.pid).not.toBe(pid)
  })
})

/** Account of the engine, which refuses to run as root. */
function accountOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
