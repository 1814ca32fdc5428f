import { expect, test } from 'vitest'
import { evaluate } from '../../quality/metrics.ts'
import { goldenTokenizer } from '../../sparse/golden/read-golden.ts'
import { QueryTable } from '../../sparse/query/query-table.ts'
import { ADVISED_WAY, chosenByHalves, DEFAULT_WAY, SPARSE_WAY } from './engine-figures.ts'
import { exactFigures, figuresOf, without } from './quality-figures.ts'
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

const baseline = evaluate(bm25, judged.qrels)

test('exact rankings are compared with BM25', () => {
  const figures = exactFigures(model, documents, judged, baseline)
  expect(figures.map(({ way }) => way)).toEqual([
    'exact: sparse, unpruned',
    'exact: sparse, pruned at .1',
    'exact: sparse, pruned at .2',
    'exact: sparse, in lexpand_impacts',
    'exact: sparse, half corpus IDF',
    'exact: sparse, corpus IDF',
  ])
  const [unpruned, pruned] = figures
  expect([unpruned?.flops, pruned?.flops]).toEqual([2 / 3, 1 / 3])
  expect(pruned?.ndcg_at_10).toBe(1)
  expect(pruned?.against_baseline?.mean_difference).toBeCloseTo(1 - 1 / Math.log2(3), 6)
})

test('no query takes part in the choice of the way that it is measured with', () => {
  const evaluationOf = (values: readonly number[]) => {
    const metrics = values.map((value, at) => {
      return [`q${at}`, { ndcg_at_10: value, recall_at_100: value, mrr_at_10: value }] as const
    })
    const mean = { ndcg_at_10: 0, recall_at_100: 0, mrr_at_10: 0 }
    return { mean, perQuery: new Map(metrics) }
  }
  // Feedback helps the queries of odd places only: those of even places choose what they have.
  const odd = Array.from({ length: 80 }, (_, at) => (at % 2 === 1 ? 0.9 : 0.5))
  const chosen = chosenByHalves([
    [{ feedback: false }, evaluationOf(Array(80).fill(0.5))],
    [{ feedback: true }, evaluationOf(odd)],
  ])
  const gainOf = (at: number) => chosen.perQuery.get(`q${at}`)?.ndcg_at_10
  expect([gainOf(0), gainOf(1)]).toEqual([0.5, 0.5])
  expect(chosen.perQuery.size).toBe(80)
  const all = chosenByHalves([
    [{ feedback: false }, evaluationOf(Array(80).fill(0.5))],
    [{ feedback: true }, evaluationOf(Array(80).fill(0.6))],
  ])
  expect(all.mean.ndcg_at_10).toBeCloseTo(0.6, 9)
})

test('a query that is a document does not find itself', () => {
  expect(
    without('q', [
      { id: 'q', score: 2 },
      { id: 'a', score: 1 },
    ]),
  ).toEqual([{ id: 'a', score: 1 }])
})

const engine = [SPARSE_WAY, DEFAULT_WAY, ADVISED_WAY].map((way) => figuresOf(way, baseline, baseline))

test('the page and the summary have a row for every set, and means over several', () => {
  const set = (name: string) => ({
    name,
    documents: 3,
    queries: 1,
    bm25: { way: 'BM25', ndcg_at_10: 0.631, recall_at_100: 1 },
    models: [{ name: 'mini', figures: [...engine, ...exactFigures(model, documents, judged, baseline)] }],
  })
  const about = {
    command: 'node x',
    commit: 'abc',
    openSearch: '3.6.0',
    machine: { processor: 'p', cores: 2, memory_gib: 8, node: '24', date: '2026-01-01T00:00:00Z' },
  }
  const page = qualityPage([set('one'), set('two')], [], about)
  expect(page).toContain('## Mean over the sets')
  expect(page.match(/\| mini: exact: sparse, pruned at \.1 \| 1\.000 \|/g)).toHaveLength(3)
  expect(qualityPage([set('one')], [], about)).not.toContain('## Mean')
  expect(qualitySummary([set('one'), set('two')], about)).toContain(
    '| **mean** |  |  | 0.631 / 1.000 | 1.000 / 1.000 |',
  )
})
