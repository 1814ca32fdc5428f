import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { enqueue, type RunningWorker, type SourceDocument } from '../workers/index.ts'
import { NO_TELEMETRY, type Telemetry } from '../workers/telemetry/telemetry.ts'
import { faultyProxy, halfOfBulks } from './fixtures/faulty-proxy.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

/** Time for which the engine refuses; LEXPAND_LONG_TESTS=1 makes it a minute. */
const REFUSING_MS = process.env.LEXPAND_LONG_TESTS === '1' ? 60_000 : 10_000
/** Time of a job in the fake encoder: long, so that the pace and not the speed of this machine is measured. */
const ENCODE_MS = 1_000
const CONCURRENCY = 4
/** Documents a second without refusals: jobs of 64. */
const FULL_RATE = (CONCURRENCY * 64 * 1_000) / ENCODE_MS

function* texts(count: number, prefix = 'a'): Generator<SourceDocument> {
  for (let at = 0; at < count; at++)
    yield { id: `${prefix}${at}`, source: { text: `${prefix} note ${at} about the weather` } }
}

async function behindProxy(subject: string) {
  const proxy = await faultyProxy(inject('opensearchUrl'))
  const fixture = await workerFixture(subject, { opensearchUrl: proxy.url })
  onTestFinished(() => proxy.close())
  return { proxy, fixture }
}

/** Documents made ready in a second, over the next `ms`. */
async function throughput({ stats }: RunningWorker, ms: number): Promise<number> {
  const before = stats.ready
  const startedAt = performance.now()
  await sleep(ms)
  return ((stats.ready - before) * 1_000) / (performance.now() - startedAt)
}

/** Jobs end about once a second: over this time one more or less is no tenth of them. */
const WINDOW_MS = 4_000

/**
 * Milliseconds until the documents made ready in the last WINDOW_MS reach `rate` a second. The window slides without
 * gaps: windows laid end to end, as long as two jobs, would miss the same jobs again and again.
 */
async function untilThroughput({ stats }: RunningWorker, rate: number, timeoutMs: number): Promise<number> {
  const startedAt = performance.now()
  const seen: { readonly at: number; readonly ready: number }[] = []
  await until(async () => {
    const now = { at: performance.now(), ready: stats.ready }
    seen.push(now)
    const first = seen.findLast(({ at }) => now.at - at >= WINDOW_MS)
    return first !== undefined && ((now.ready - first.ready) * 1_000) / (now.at - first.at) >= rate
  }, timeoutMs)
  return Math.round(performance.now() - startedAt)
}

/** Telemetry that records pace and refusals. */
function listener() {
  const told = { limits: [] as number[], statuses: [] as number[], yielding: [] as boolean[] }
  const telemetry: Telemetry = {
    ...NO_TELEMETRY,
    pace: (limit) => void told.limits.push(limit),
    engineRefused: (_, status) => void told.statuses.push(status),
    probe: (_, isYielding) => void told.yielding.push(isYielding),
  }
  return { ...told, telemetry }
}

function slowEncoder(fixture: WorkerFixture) {
  return fixture.encoder({ delayMs: ENCODE_MS })
}

async function globalLimit({ queue }: WorkerFixture): Promise<number> {
  return (await queue.jobs.getGlobalConcurrency()) ?? Number.POSITIVE_INFINITY
}

async function readyIn({ client, index }: WorkerFixture): Promise<number> {
  await client.indices.refresh({ index })
  const query = { term: { 'lexpand.state': { value: 'ready' } } }
  return (await client.count({ index, body: { query } })).body.count
}

describe('an engine that refuses half of the bulk requests', () => {
  test('slows writers and encoders down; nothing is lost, and throughput is back within 15 seconds', {
    timeout: 300_000,
  }, async () => {
    const { proxy, fixture } = await behindProxy('half-429')
    const { limits, statuses, telemetry } = listener()
    const count = Math.round(((REFUSING_MS + 24_000) / 1_000) * FULL_RATE)
    await enqueue(fixture, texts(count))
    const worker = await fixture.startWorker(slowEncoder(fixture), { concurrency: CONCURRENCY, telemetry })
    await sleep(2_000)
    const before = await throughput(worker, 5_000)
    proxy.fault = halfOfBulks('rejected')
    const written = enqueue(fixture, texts(500, 'b'))
    const during = await throughput(worker, REFUSING_MS)
    expect(await globalLimit(fixture)).toBeLessThan(CONCURRENCY)
    proxy.fault = undefined
    const recoveredMs = await untilThroughput(worker, 0.9 * before, 20_000)
    console.info('documents a second', { before, during, recoveredMs, refused: proxy.refused })
    expect(recoveredMs).toBeLessThan(15_000)
    expect(during).toBeLessThan(0.7 * before)
    expect(await written).toMatchObject({ indexed: 500, failed: 0 })
    await fixture.queue.idle()
    expect(worker.stats).toMatchObject({ ready: count + 500, failed: 0, failedJobs: 0 })
    expect(await readyIn(fixture)).toBe(count + 500)
    expect(Math.min(...limits)).toBeLessThan(CONCURRENCY)
    expect(new Set(statuses)).toEqual(new Set([429]))
  })

  test.each(['unavailable', 'breaker'] as const)('%s: nothing is lost, and the limit goes', async (kind) => {
    const { proxy, fixture } = await behindProxy(kind)
    const { limits, statuses, telemetry } = listener()
    proxy.fault = halfOfBulks(kind)
    await enqueue(fixture, texts(1_000))
    const worker = await fixture.startWorker(fixture.encoder({ delayMs: 100 }), { telemetry })
    await until(() => worker.stats.ready >= 500)
    proxy.fault = undefined
    await fixture.queue.idle()
    expect(worker.stats).toMatchObject({ ready: 1_000, failed: 0, failedJobs: 0 })
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
    expect(Math.min(...limits)).toBe(1)
    expect(new Set(statuses)).toEqual(new Set([kind === 'breaker' ? 429 : 503]))
    await until(() => limits.at(-1) === Number.POSITIVE_INFINITY)
  })
})

describe('the limit on jobs in flight', () => {
  test('left behind by workers that died is lifted by the next one', async () => {
    const fixture = await workerFixture('left-limit')
    await enqueue(fixture, texts(640))
    await fixture.queue.jobs.setGlobalConcurrency(1)
    const worker = await fixture.startWorker(slowEncoder(fixture), { concurrency: CONCURRENCY })
    await until(async () => (await fixture.queue.jobs.getActiveCount()) === CONCURRENCY, 10_000)
    expect(await globalLimit(fixture)).toBe(Number.POSITIVE_INFINITY)
    await fixture.queue.idle()
    expect(worker.stats.ready).toBe(640)
  })

  test('holds for all workers together', async () => {
    const { proxy, fixture } = await behindProxy('two-workers')
    await enqueue(fixture, texts(1_500))
    const start = () => fixture.startWorker(slowEncoder(fixture), { concurrency: CONCURRENCY })
    await Promise.all([start(), start()])
    await until(async () => (await fixture.queue.jobs.getActiveCount()) === 2 * CONCURRENCY, 10_000)
    proxy.fault = halfOfBulks('rejected')
    await until(async () => (await globalLimit(fixture)) === 1)
    await until(async () => (await fixture.queue.jobs.getActiveCount()) <= 2, 10_000)
    proxy.fault = undefined
    await until(async () => (await globalLimit(fixture)) === Number.POSITIVE_INFINITY, 15_000)
  })
})

describe('encoders yield to searches', () => {
  test('while the probe query is slower than the bound, and no longer', async () => {
    const { proxy, fixture } = await behindProxy('yield')
    const { limits, yielding, telemetry } = listener()
    await enqueue(fixture, texts(5_000))
    await fixture.startWorker(slowEncoder(fixture), {
      concurrency: CONCURRENCY,
      telemetry,
      maxSearchP95Ms: 1_000,
    })
    await until(() => yielding.length > 0)
    expect(yielding).not.toContain(true)
    proxy.searchDelayMs = 1_500
    await until(() => limits.at(-1) === 1)
    expect(yielding.at(-1)).toBe(true)
    proxy.searchDelayMs = 0
    await until(() => limits.at(-1) === Number.POSITIVE_INFINITY)
    expect(yielding.at(-1)).toBe(false)
  })
})
