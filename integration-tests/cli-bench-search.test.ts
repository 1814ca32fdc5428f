import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { lexpandJson } from './run-cli.ts'
import { sampleDocuments, sampleQueries } from './sample-documents.ts'
import { testClient } from './test-index.ts'

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
  readonly variants: Record<string, { p50_ms: number; p99_ms: number; overlap?: number }>
  readonly index_bytes: Record<string, number>
  readonly index_seconds: Record<string, number>
  readonly missing: Record<string, string>
}

async function bench(): Promise<Result> {
  const files = ['documents', 'vectors', 'queries'].flatMap((name) => [
    `--${name}`,
    join(folder, `${name}.jsonl`),
  ])
  return (await lexpandJson(['bench', 'search', ...files, '--rounds', '1'])).result
}

test('what a stock engine can run is measured, the rest is told with its reason, and the second run fills nothing', async () => {
  const first = await bench()
  expect(first).toMatchObject({ documents: 120, queries: 30 })
  expect(Object.keys(first.variants).sort()).toEqual(['bm25', 'rank_feature'])
  expect(first.variants.rank_feature?.overlap).toBe(1)
  expect(Object.keys(first.missing).sort()).toEqual([
    'impact_terms',
    'lexpand',
    'lexpand_impacts',
    'neural_sparse',
  ])
  expect(first.missing.lexpand).toContain('unknown query [lexpand]')
  expect(first.missing.lexpand_impacts).toContain('lexpand_impacts')
  expect(Object.keys(first.index_seconds).sort()).toEqual(['rank_features', 'text'])
  // The vectors are in the index: 120 documents of some twenty tokens do not fit into what ids alone take.
  expect(first.index_bytes.rank_features).toBeGreaterThan(5_000)

  const second = await bench()
  expect(second.index_seconds).toEqual({})
  expect(second.documents).toBe(120)
}, 120_000)
