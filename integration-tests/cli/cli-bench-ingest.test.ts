import { expect, inject, test } from 'vitest'
import { lexpandJson } from '../fixtures/run-cli.ts'
import { testClient } from '../fixtures/test-index.ts'

const input = Array.from({ length: 70 }, (_, at) =>
  JSON.stringify({ _id: String(at), text: `Document ${at} is about rain, stone and the number ${at * 31}.` }),
).join('\n')

test('every way takes all documents through worker processes, and nothing is left behind', {
  timeout: 240_000,
}, async () => {
  const { code, result } = await lexpandJson(['bench', 'ingest', '-', '--fake', '--workers', '2'], { input })
  expect(code).toBe(0)
  expect(result.documents).toBe(70)
  const [{ runs }] = result.layouts
  expect(runs.map(({ way }: { way: string }) => way)).toEqual(['push', 'hook', 'reindex'])
  for (const { docs_per_second, places, cpu_seconds, encoder_busy } of runs) {
    expect(docs_per_second).toBeGreaterThan(0)
    const shares: number[] = Object.values(places)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5)
    expect(cpu_seconds.worker).toBeGreaterThan(0)
    expect(encoder_busy).toBeUndefined()
  }
  const client = testClient(inject('opensearchUrl'))
  expect((await client.indices.exists({ index: 'lexpand-bench-*', allow_no_indices: false })).body).toBe(
    false,
  )
  await client.close()
})

test('with the model, a worker and each of its encoder processes stay below 700 MB', async () => {
  const { result } = await lexpandJson(['bench', 'ingest', '-', '--ways', 'push', '--workers', '1'], {
    input,
  })
  const [run] = result.layouts[0].runs
  expect(run.encoder_busy).toBeGreaterThan(0)
  expect(run.encoder_busy).toBeLessThanOrEqual(1)
  expect(run.resident_bytes.worker).toBeLessThan(700e6)
  expect(run.resident_bytes.encoder).toBeLessThan(700e6)
})
