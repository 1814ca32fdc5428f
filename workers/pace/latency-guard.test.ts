import { errors } from '@opensearch-project/opensearch'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SPECIFICATION, stubClient } from '../../testing/test-fixtures.ts'
import { NO_TELEMETRY } from '../telemetry/telemetry.ts'
import { LatencyGuard, type LatencyGuardOptions } from './latency-guard.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const PROBE = { index: 'articles', query: { match: { text: 'rain' } } }

function refusal(statusCode: number, type: string) {
  return new errors.ResponseError({
    statusCode,
    body: { error: { type, reason: type }, status: statusCode },
    headers: {},
    warnings: null,
    meta: {} as never,
  } as never)
}

async function guarded(
  search: (request: { index: string; body: object }) => object,
  options: Partial<LatencyGuardOptions> = {},
) {
  const seen = { slowed: 0, warnings: [] as string[], p95: [] as [number, boolean][] }
  const logger = pino({ level: 'silent' })
  logger.warn = ((_: unknown, message: string) => void seen.warnings.push(message)) as never
  const guard = new LatencyGuard({
    client: stubClient({ search }),
    connection: { eval: async () => 1 } as never,
    leaseKey: 'lease',
    workerId: 'me',
    pace: { slowDown: () => void seen.slowed++ },
    maxP95Ms: 100,
    probe: PROBE,
    installedIndex: async () => ({ specification: SPECIFICATION, vectorType: 'rank_features' }),
    logger,
    telemetry: { ...NO_TELEMETRY, probe: (...args) => void seen.p95.push(args) },
    ...options,
  })
  guard.noteWritten('articles', 10)
  await vi.advanceTimersByTimeAsync(9_000)
  guard.stop()
  return seen
}

describe('latency guard', () => {
  test('asks the query that was given and is content below the bound', async () => {
    const asked: object[] = []
    const { slowed, p95 } = await guarded(({ index, body }) => {
      asked.push({ index, ...body })
      return { took: 100 }
    })
    expect(asked).toHaveLength(20)
    expect(asked[0]).toMatchObject({ ...PROBE, track_total_hits: false })
    expect(slowed).toBe(0)
    expect(p95.at(-1)).toEqual([0.1, false])
  })

  test('slows down above the bound, once for what was measured, and says so once', async () => {
    const { slowed, warnings } = await guarded(() => ({ took: 101 }))
    expect(slowed).toBe(2)
    expect(warnings).toEqual(['searches are slow: encoders yield'])
  })

  test('takes a search that the engine has no room for as a slow one', async () => {
    const { slowed } = await guarded(() => {
      throw refusal(429, 'rejected_execution_exception')
    })
    expect(slowed).toBe(2)
  })

  test('makes its query of the heaviest pieces of a stored vector', async () => {
    const asked: object[] = []
    const vector = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`piece${at}`, at + 1]))
    await guarded(
      ({ body }) => {
        asked.push(body)
        return 'terminate_after' in body
          ? { hits: { hits: [{ _source: { text_sparse: vector } }] } }
          : { took: 1 }
      },
      { probe: undefined },
    )
    const should = Array.from({ length: 8 }, (_, at) => ({
      rank_feature: { field: `text_sparse.piece${19 - at}`, linear: {}, boost: 20 - at },
    }))
    expect(asked[1]).toMatchObject({ query: { bool: { should } } })
    expect(asked.filter((body) => 'terminate_after' in body)).toHaveLength(1)
  })

  test('makes it for the field type of the vectors', async () => {
    const asked: object[] = []
    await guarded(
      ({ body }) => {
        asked.push(body)
        return 'terminate_after' in body
          ? { hits: { hits: [{ _source: { text_sparse: { wing: 2 } } }] } }
          : { took: 1 }
      },
      {
        probe: undefined,
        installedIndex: async () => ({ specification: SPECIFICATION, vectorType: 'lexpand_impacts' }),
      },
    )
    const should = [{ term: { text_sparse: { value: 'wing', boost: 2 } } }]
    expect(asked[1]).toMatchObject({ query: { bool: { should } } })
  })

  test('asks nothing while another worker holds the lease', async () => {
    let asked = 0
    await guarded(() => ({ took: asked++ }), { connection: { eval: async () => 0 } as never })
    expect(asked).toBe(0)
  })

  test('a query that cannot be run is a warning, once, and stops no worker', async () => {
    const { slowed, warnings } = await guarded(() => {
      throw refusal(400, 'parsing_exception')
    })
    expect(slowed).toBe(0)
    expect(warnings).toEqual(['search latency cannot be measured: encoders do not yield'])
  })
})
