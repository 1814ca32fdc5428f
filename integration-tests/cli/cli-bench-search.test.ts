import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { benchIndex } from '../../measure/search-index.ts'
import { DEFAULT_MODEL, loadModel } from '../../models/index.ts'
import { lexpandJson } from '../fixtures/run-cli.ts'
import { sampleDocuments, sampleQueries } from '../fixtures/sample-documents.ts'
import { testClient } from '../fixtures/test-index.ts'

const client = testClient(inject('opensearchUrl'))
const documents = sampleDocuments(120)
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-bench-'))
  write(
    'documents.jsonl',
    documents.map(({ id, title, body }) => ({ _id: id, text: `${title} ${body}` })),
  )
  write(
    'vectors.jsonl',
    documents.map(({ id, vector }) => ({ _id: id, vector })),
  )
  write(
    'queries.jsonl',
    sampleQueries(30).map((text) => ({ text })),
  )
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  const { body } = await client.indices.get({ index: 'lexpand-bench-*' })
  for (const index of Object.keys(body)) await client.indices.delete({ index })
})

function write(name: string, rows: readonly object[]): void {
  writeFileSync(join(folder, name), rows.map((row) => JSON.stringify(row)).join('\n'))
}

interface Result {
  readonly documents: number
  readonly queries: number
  readonly document_tokens: number
  readonly variants: Record<
    string,
    { p50_ms: number; p99_ms: number; overlap?: number; by_query_tokens: { queries: number }[] }
  >
  readonly counted?: Record<string, { p50_ms: number }>
  readonly unmerged?: { segments: Record<string, number>; variants: Record<string, { p50_ms: number }> }
  readonly load?: { clients: number; variants: Record<string, { ops_per_second: number }> }
  readonly filtered?: readonly { passing: number; variants: Record<string, { overlap?: number }> }[]
  readonly client_overhead: { p50_ms: number }
  readonly versions: Record<string, string>
  readonly index_bytes: Record<string, number>
  readonly index_seconds: Record<string, number>
  readonly missing: Record<string, string>
}

function run(...more: readonly string[]): ReturnType<typeof lexpandJson> {
  const files = ['documents', 'vectors', 'queries'].flatMap((name) => [
    `--${name}`,
    join(folder, `${name}.jsonl`),
  ])
  return lexpandJson(['bench', 'search', ...files, ...more])
}

async function bench(...more: readonly string[]): Promise<Result> {
  return (await run('--rounds', '1', ...more)).result
}

test('what a stock engine can run is measured, the rest is told with its reason, and the second run fills nothing', async () => {
  const first = await bench()
  expect(first).toMatchObject({ documents: 120, queries: 30 })
  expect(Object.keys(first.variants).sort()).toEqual([
    'bm25',
    'hybrid_client',
    'match_none',
    'rank_feature',
    'unscored',
  ])
  expect(first.variants.rank_feature?.overlap).toBe(1)
  expect(Object.keys(first.missing).sort()).toEqual([
    'hybrid',
    'hybrid_lexpand',
    'impact_terms',
    'lexpand',
    'lexpand_impacts',
    'neural_sparse',
    'neural_sparse_two_phase',
    'seismic',
  ])
  expect(first.missing.lexpand).toContain('unknown query [lexpand]')
  expect(first.missing.lexpand_impacts).toContain('lexpand_impacts')
  expect(Object.keys(first.index_seconds).sort()).toEqual(['both', 'rank_features', 'text'])
  // The vectors are in the index: 120 documents of some twenty tokens do not fit into what ids alone take.
  expect(first.index_bytes.rank_features).toBeGreaterThan(5_000)
  expect(first.document_tokens).toBeCloseTo(mean(documents.map(({ vector }) => Object.keys(vector).length)))
  expect(first.client_overhead.p50_ms).toBeGreaterThan(0)
  expect(first.versions.OpenSearch).toMatch(/^\d+\.\d+\.\d+$/)
  // Queries of each length with ten or more of it.
  const grouped = first.variants.rank_feature?.by_query_tokens.reduce((sum, { queries }) => sum + queries, 0)
  expect(grouped).toBeGreaterThanOrEqual(10)
  expect([first.counted, first.unmerged, first.load, first.filtered]).toEqual(Array(4).fill(undefined))

  const second = await bench()
  expect(second.index_seconds).toEqual({})
  expect(second.documents).toBe(120)
}, 120_000)

test('other circumstances are measured when they are asked for, over the same documents or the first of them', async () => {
  const found = await bench(
    '--also',
    'load,unmerged,counted,filtered',
    '--variants',
    'bm25,rank_feature,hybrid_client',
    '--take',
    '70',
  )
  expect(found.documents).toBe(70)
  for (const measured of [found.counted, found.unmerged?.variants, found.load?.variants])
    expect(Object.keys(measured ?? {}).sort()).toEqual(['bm25', 'hybrid_client', 'rank_feature'])
  expect(found.filtered?.map(({ passing }) => passing)).toEqual([50, 10, 1])
  for (const { variants } of found.filtered ?? []) {
    expect(Object.keys(variants).sort()).toEqual(['bm25', 'rank_feature'])
    expect(variants.rank_feature?.overlap).toBe(1)
  }
  expect(found.load).toMatchObject({ clients: 8 })
  expect(found.load?.variants.bm25?.ops_per_second).toBeGreaterThan(0)
  expect(found.unmerged?.segments.rank_features).toBeGreaterThanOrEqual(1)
}, 120_000)

test('an engine that can run none of the variants is a failure with the reasons', async () => {
  const { code, result } = await run('--variants', 'lexpand,lexpand_impacts')
  expect(code).toBe(1)
  expect(result.error).toMatchObject({ code: 'SERVICE' })
  for (const why of [/lexpand: .*unknown query \[lexpand\]/, /lexpand_impacts: .*No handler for type/])
    expect(result.error.message).toMatch(why)
})

test.each([false, true])(
  'an index whose merge did not come to its end is filled again; unmerged: %s',
  async (unmerged) => {
    const model = await loadModel(DEFAULT_MODEL)
    const files = { documents: join(folder, 'documents.jsonl'), vectors: join(folder, 'vectors.jsonl') }
    const index = () => benchIndex(client, 'rank_features', { files, model }, { take: 50, unmerged })
    const merge = vi.spyOn(client.indices, 'forcemerge').mockRejectedValueOnce(new Error('killed'))
    await expect(index()).rejects.toThrow('killed')
    merge.mockRestore()
    const again = await index()
    expect(again).toMatchObject({ documents: 50, seconds: { merge: expect.any(Number) } })
    expect(await index()).toEqual({ ...again, seconds: undefined })
    await client.indices.delete({ index: `${again.name}*` })
  },
)

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
