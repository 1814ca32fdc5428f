import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { lexpand, lexpandJson } from '../fixtures/run-cli.ts'
import { removeIndices, testClient } from '../fixtures/test-index.ts'

const client = testClient(inject('opensearchUrl'))
let folder = ''
let index = ''

const CORPUS = [
  ['heart', 'Cardiology', 'Aspirin lowers the risk of a second heart attack.'],
  ['roses', 'Gardening', 'Roses need pruning in early spring.'],
  ['doctor', '', 'The physician prescribed medication for the infarction.'],
  ['rain', 'Weather', 'Currently New York is rainy.'],
  ['q2', '', 'What does a doctor give against illness?'],
  ['blank', '', ''],
]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-eval-'))
  mkdirSync(join(folder, 'qrels'))
  writeCorpus(CORPUS)
  writeFileSync(
    join(folder, 'queries.jsonl'),
    [
      { _id: 'q1', text: 'heart attack' },
      { _id: 'q2', text: 'What does a doctor give against illness?' },
      { _id: 'q3', text: 'weather in ny' },
    ]
      .map((query) => JSON.stringify(query))
      .join('\n'),
  )
  writeFileSync(
    join(folder, 'qrels', 'test.tsv'),
    'query-id\tcorpus-id\tscore\nq1\theart\t2\nq2\tdoctor\t1\nq3\train\t1\n',
  )
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  if (index !== '') await removeIndices(client, index)
})

function writeCorpus(documents: readonly (readonly string[])[]): void {
  const lines = documents.map(([_id, title, text]) => JSON.stringify({ _id, title, text }))
  writeFileSync(join(folder, 'corpus.jsonl'), lines.join('\n'))
}

test('quality, latency, significance and the exact ranking come out in the shape that scripts rely on', async () => {
  const { code, result } = await lexpandJson([
    'eval',
    folder,
    '--exact-check',
    '--export-workbench',
    join(folder, 'workbench'),
  ])
  index = result.index
  expect(code).toBe(0)
  const read = (file: string) => JSON.parse(readFileSync(join(folder, 'workbench', file), 'utf8'))
  expect(read('query-set.json').querySetQueries).toHaveLength(3)
  expect(read('judgments.json').judgmentRatings[0]).toEqual({
    query: 'heart attack',
    ratings: [{ docId: 'heart', rating: '2.000' }],
  })
  expect(result).toMatchObject({ documents: 6, queries: 3, reused: false, exact_overlap_at_10: 1 })
  expect(index).toBe(`lexpand-eval-${basename(folder).toLowerCase()}-${result.fingerprint}`)
  for (const mode of ['bm25', 'sparse', 'hybrid']) {
    const metrics = result.modes[mode]
    expect(Object.keys(metrics)).toEqual(['ndcg_at_10', 'recall_at_100', 'mrr_at_10', 'p50_ms', 'p99_ms'])
    expect(metrics.p99_ms).toBeGreaterThanOrEqual(metrics.p50_ms)
  }
  // The query that is a document itself would come first by far: removed, its relevant document does.
  expect(result.modes.sparse).toMatchObject({ ndcg_at_10: 1, recall_at_100: 1, mrr_at_10: 1 })
  expect(result.modes.bm25.ndcg_at_10).toBeLessThan(1)
  expect(result.significance.sparse.p_value).toBeGreaterThan(0)
})

test('the index is reused while the corpus is the same and made anew when it is not', async () => {
  const again = await lexpandJson(['eval', folder, '--modes', 'sparse', '--limit-queries', '1'])
  expect(again.result).toMatchObject({ reused: true, queries: 1, significance: {} })
  expect(Object.keys(again.result.modes)).toEqual(['sparse'])
  writeCorpus(CORPUS.slice(0, 4))
  const changed = await lexpandJson(['eval', folder, '--modes', 'bm25'])
  expect(changed.result).toMatchObject({ reused: false, documents: 4, index })
})

test('a table for people', async () => {
  const { code, stdout } = await lexpand(['eval', folder])
  expect(code).toBe(0)
  expect(stdout).toContain('nDCG@10')
  expect(stdout).toMatch(/\nhybrid +\d\.\d{4}/)
})
