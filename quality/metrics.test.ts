import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { evaluate, type Qrels, type QualityMetrics, type Run } from './metrics.ts'

interface GoldenCase {
  readonly qrels: Record<string, Record<string, number>>
  readonly run: Record<string, Record<string, number>>
  readonly per_query: Record<string, QualityMetrics>
}

const golden: { made_by: string; cases: GoldenCase[] } = JSON.parse(
  readFileSync(new URL('golden/metrics.json', import.meta.url), 'utf8'),
)

describe(`metrics equal ${golden.made_by}`, () => {
  test.each(golden.cases.map((golden, number) => ({ golden, number })))(
    'on random runs with ties and grades, case $number',
    ({ golden: { qrels, run, per_query } }) => {
      const { perQuery, mean } = evaluate(toRun(run), toQrels(qrels))
      for (const [query, expected] of Object.entries(per_query)) {
        const actual = perQuery.get(query)
        for (const key of ['ndcg_at_10', 'recall_at_100', 'mrr_at_10'] as const)
          expect(actual?.[key], `${query} ${key}`).toBeCloseTo(expected[key], 10)
      }
      const sum = Object.values(per_query).reduce((total, { ndcg_at_10 }) => total + ndcg_at_10, 0)
      expect(mean.ndcg_at_10).toBeCloseTo(sum / Object.keys(qrels).length, 10)
    },
  )
})

test('a judged query without results counts 0 in the mean', () => {
  const qrels = toQrels({ found: { a: 1 }, missing: { b: 1 } })
  const { mean } = evaluate(toRun({ found: { a: 1 } }), qrels)
  expect(mean).toEqual({ ndcg_at_10: 0.5, recall_at_100: 0.5, mrr_at_10: 0.5 })
})

test('the 32-bit score decides, then the larger id comes first', () => {
  const { perQuery } = evaluate(toRun({ q: { a: 1 + 1e-9, b: 1 } }), toQrels({ q: { a: 1 } }))
  expect(perQuery.get('q')?.mrr_at_10).toBe(0.5)
})

function toQrels(plain: Record<string, Record<string, number>>): Qrels {
  return new Map(Object.entries(plain).map(([query, grades]) => [query, new Map(Object.entries(grades))]))
}

function toRun(plain: Record<string, Record<string, number>>): Run {
  return new Map(
    Object.entries(plain).map(([query, scores]) => [
      query,
      Object.entries(scores).map(([id, score]) => ({ id, score })),
    ]),
  )
}
