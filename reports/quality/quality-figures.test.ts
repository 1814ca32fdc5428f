import { expect, test } from 'vitest'
import { goldenTokenizer } from '../../sparse/golden/read-golden.ts'
import { QueryTable } from '../../sparse/query/query-table.ts'
import { bm25Figures, modelFigures, without } from './quality-figures.ts'
import { qualityPage, qualitySummary } from './quality-page.ts'

const tokenizer = goldenTokenizer()
const model = { tokenizer, queryTable: new QueryTable({ rain: 4, snow: 5 }) }
const [rain = 0, snow = 0] = ['rain', 'snow'].map((piece) => tokenizer.idOf(piece))
const documents = [
  { id: 'd1', tokenIds: [rain], weights: [1] },
  { id: 'd2', tokenIds: [snow, rain], weights: [1, 0.05] },
  { id: 'd3', tokenIds: [], weights: [] },
]
const judged = {
  queries: new Map([['q1', 'rain']]),
  qrels: new Map([['q1', new Map([['d1', 1]])]]),
}
const bm25 = new Map([
  [
    'q1',
    [
      { id: 'd2', score: 3 },
      { id: 'd1', score: 1 },
    ],
  ],
])

test('every way of a model is measured against BM25', () => {
  const figures = modelFigures(model, documents, judged, bm25)
  expect(figures.map(({ way }) => way)).toEqual([
    'sparse, unpruned',
    'sparse, pruned at .1',
    'sparse, pruned at .2',
    'sparse, in lexpand_impacts',
    'sparse, half corpus IDF',
    'sparse, corpus IDF',
    'two lists',
    'two lists, half corpus IDF',
    'default: one pass, idf auto, balance auto',
    'one pass, idf auto, balance 0.1',
    'one pass, idf auto, balance 0.2',
    'one pass, idf auto, balance 0.3',
    'one pass, idf auto, balance 0.5',
    'one pass, idf auto, balance 0.7',
  ])
  const [unpruned, pruned] = figures
  expect([unpruned?.flops, pruned?.flops]).toEqual([2 / 3, 1 / 3])
  expect(pruned?.ndcg_at_10).toBe(1)
  expect(pruned?.against_bm25?.mean_difference).toBeCloseTo(1 - 1 / Math.log2(3), 6)
})

test('a query that is a document does not find itself', () => {
  expect(
    without('q', [
      { id: 'q', score: 2 },
      { id: 'a', score: 1 },
    ]),
  ).toEqual([{ id: 'a', score: 1 }])
})

test('the page and the summary have a row for every set, and means over several', () => {
  const set = (name: string) => ({
    name,
    documents: 3,
    queries: 1,
    bm25: bm25Figures(bm25, judged),
    models: [{ name: 'mini', figures: modelFigures(model, documents, judged, bm25) }],
  })
  const about = {
    command: 'node x',
    commit: 'abc',
    openSearch: '3.6.0',
    machine: { processor: 'p', cores: 2, memory_gib: 8, node: '24', date: '2026-01-01T00:00:00Z' },
  }
  const page = qualityPage([set('one'), set('two')], about)
  expect(page).toContain('## Mean over the sets')
  expect(page.match(/\| mini: sparse, pruned at \.1 \| 1\.000 \|/g)).toHaveLength(3)
  expect(qualityPage([set('one')], about)).not.toContain('## Mean')
  expect(qualitySummary([set('one'), set('two')], about)).toContain(
    '| **mean** |  |  | 0.631 / 1.000 | 1.000 / 1.000 |',
  )
})
