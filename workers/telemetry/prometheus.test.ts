import { describe, expect, test } from 'vitest'
import { prometheusTelemetry } from './prometheus.ts'
import { NO_TELEMETRY, type Telemetry } from './telemetry.ts'

const build = { role: 'worker', version: '1.0.0', model: 'pilot', model_version: '1' }

/** name{labels} -> value, as a scrape sees it. */
async function scrape(registry: { metrics(): Promise<string> }): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))] as const
    }),
  )
}

/** Every method of the interface, with values that only a defect would report. */
function callAll(telemetry: Telemetry, index: string, number: number): void {
  telemetry.documents(index, 'ready', number)
  telemetry.freshness(index, number)
  telemetry.stage(index, 'encode', number)
  telemetry.reused(index, 'cache', number)
  telemetry.swept(index, { scanned: number, queued: number, seconds: number })
  telemetry.oldestPending(index, number)
  telemetry.deadLetter(index, `class ${number} ${index}`, number)
  telemetry.engineRefused(index, number)
  telemetry.pace(number)
  telemetry.probe(number, true)
}

test('what is told becomes a metric with its labels', async () => {
  const { telemetry, registry } = prometheusTelemetry({ build })
  telemetry.documents('articles', 'ready', 3)
  telemetry.documents('articles', 'ready', 2)
  telemetry.freshness('articles', 1.5)
  telemetry.deadLetter('articles', 'mapper', 1)
  telemetry.engineRefused('articles', 429)
  telemetry.pace(7)
  telemetry.probe(0.25, true)
  telemetry.oldestPending('articles', 12)
  const metrics = await scrape(registry)
  expect(Object.fromEntries(metrics)).toMatchObject({
    'lexpand_documents_total{index="articles",outcome="ready"}': 5,
    'lexpand_freshness_lag_seconds_bucket{le="1",index="articles"}': 0,
    'lexpand_freshness_lag_seconds_bucket{le="2",index="articles"}': 1,
    'lexpand_freshness_lag_seconds_sum{index="articles"}': 1.5,
    'lexpand_dead_letters_total{index="articles",reason_class="mapper"}': 1,
    'lexpand_engine_refusals_total{index="articles",status="429"}': 1,
    lexpand_pace_limit_jobs: 7,
    lexpand_search_probe_p95_seconds: 0.25,
    lexpand_yielding_to_searches: 1,
    'lexpand_oldest_pending_age_seconds{index="articles"}': 12,
  })
  const info = [...metrics.keys()].find((name) => name.startsWith('lexpand_build_info'))
  expect(info).toContain('role="worker",version="1.0.0",model="pilot"')
})

test('two registries share nothing', async () => {
  const [a, b] = [prometheusTelemetry({ build }), prometheusTelemetry({ build })]
  a.telemetry.pace(3)
  expect((await scrape(a.registry)).get('lexpand_pace_limit_jobs')).toBe(3)
  expect((await scrape(b.registry)).get('lexpand_pace_limit_jobs')).toBeUndefined()
  a.telemetry.pace(Number.POSITIVE_INFINITY)
  expect(await a.registry.metrics()).toContain('lexpand_pace_limit_jobs +Inf')
})

test('what nobody has measured is absent and not 0', async () => {
  const { registry } = prometheusTelemetry({ build })
  const names = [...(await scrape(registry)).keys()].filter((name) =>
    /pace|probe|yielding|pending/.test(name),
  )
  expect(names).toEqual([])
})

describe('hostile names', () => {
  test('cannot break the format', async () => {
    const { telemetry, registry } = prometheusTelemetry({ build })
    telemetry.documents('a"} 1\nevil_total{x="\\', 'ready', 1)
    const text = await registry.metrics()
    expect(text).not.toMatch(/^evil_total/m)
    expect(text).toContain('index="a\\"} 1�evil_total{x=\\"\\\\"')
  })

  test('cannot make more series than the bound, whatever method reports them', async () => {
    const { telemetry, registry } = prometheusTelemetry({ build, maxIndices: 5 })
    for (let at = 0; at < 2_000; at++) callAll(telemetry, `index-${at}`, at)
    const before = (await registry.metrics()).length
    for (let at = 2_000; at < 4_000; at++) callAll(telemetry, `index-${at}`, at)
    const metrics = await scrape(registry)
    expect([...metrics.keys()].filter((name) => name.startsWith('lexpand_documents_total'))).toHaveLength(6)
    // Numbers became longer, nothing else did.
    expect((await registry.metrics()).length).toBeLessThan(before * 1.05)
    expect(metrics.size).toBeLessThan(500)
  })
})

test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('no value makes a method throw: %d', (value) => {
  const { telemetry } = prometheusTelemetry({ build })
  expect(() => callAll(telemetry, 'articles', value)).not.toThrow()
})

test('every method of the interface is there', () => {
  const { telemetry } = prometheusTelemetry({ build })
  expect(Object.keys(telemetry).sort()).toEqual(Object.keys(NO_TELEMETRY).sort())
})
