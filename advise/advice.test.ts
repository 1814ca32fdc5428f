import { describe, expect, test } from 'vitest'
import {
  advisePruning,
  adviseTable,
  adviseTwoPhase,
  type PruningPoint,
  type TablePoint,
  type TwoPhasePoint,
} from './advice.ts'

const SPEED = { p50_ms: 1, p90_ms: 1, p99_ms: 1, ops_per_second: 1, p50_ratio: 1 }
const LIMITS = { noise: 0.02, maxLoss: 0.003, minOverlap: 0.98 }

function point(pruning: string, bytes: number, overlap: number, rest: Partial<PruningPoint> = {}) {
  const work = { tokens_per_document: bytes, postings_per_query: bytes }
  const quality = { overlap_at_10: overlap, ...work }
  return { ...SPEED, ...quality, pruning, sample_bytes: bytes, bytes: bytes * 1e6, ...rest }
}

function against(mean_difference: number, p_value: number) {
  return { against_as_it_is: { mean_difference, p_value, wins: 0, losses: 0, ties: 0 } }
}

describe('advisePruning', () => {
  const asItIs = point('max_ratio:0.1', 100, 1)

  test('takes the strongest within the limits and says its price', () => {
    const points = [
      asItIs,
      point('max_ratio:0.15', 90, 0.99),
      point('max_ratio:0.2', 82, 0.985, { p50_ratio: 0.92 }),
    ]
    expect(advisePruning(points, LIMITS)).toEqual({
      about: 'pruning',
      change: true,
      value: 'max_ratio:0.2',
      text: 'Pruning max_ratio:0.2 instead of max_ratio:0.1: 18% fewer bytes of postings (about 18 MB less), 18% fewer postings a query, p50 0.92x, overlap@10 0.985.',
    })
  })

  test('does not jump over a level that is too bad', () => {
    const points = [asItIs, point('a', 90, 0.97), point('b', 80, 0.99)]
    expect(advisePruning(points, LIMITS)).toMatchObject({
      change: false,
      value: 'max_ratio:0.1',
      text: 'Keep pruning max_ratio:0.1: the next, a, keeps 0.970 of the first ten (--min-overlap 0.98).',
    })
  })

  test('with judgments looks at nDCG alone: its loss, and whether it is significant', () => {
    const judged = { ...asItIs, ndcg_at_10: 0.5 }
    const small = point('small', 90, 0.9, { ndcg_at_10: 0.498, ...against(-0.002, 0.3) })
    const sure = point('sure', 80, 0.9, { ndcg_at_10: 0.498, ...against(-0.002, 0.01) })
    const large = point('large', 80, 0.99, { ndcg_at_10: 0.49, ...against(-0.01, 0.3) })
    expect(advisePruning([judged, small], LIMITS)).toMatchObject({ change: true, value: 'small' })
    expect(advisePruning([judged, small, sure], LIMITS)).toMatchObject({ value: 'small' })
    expect(advisePruning([judged, small, large], LIMITS)).toMatchObject({ value: 'small' })
    expect(advisePruning([judged, small], LIMITS).text).toContain(
      'nDCG@10 0.4980 instead of 0.5000 (p 0.30), overlap@10 0.900',
    )
  })

  test('calls a p50 no difference that the noise explains', () => {
    const points = [asItIs, point('a', 80, 0.99, { p50_ratio: 0.92 })]
    expect(advisePruning(points, { ...LIMITS, noise: 0.26 }).text).toContain(
      'p50 0.92x, no difference where equal searches differ by 26%',
    )
  })

  test('advises no reindex for less than 5% of the bytes', () => {
    expect(advisePruning([asItIs, point('a', 96, 1)], LIMITS)).toMatchObject({ change: false })
  })
})

describe('adviseTable', () => {
  const table = (name: TablePoint['table'], ndcg?: number, p = 0.01): TablePoint => ({
    ...point('', 1, 0.9),
    table: name,
    ...(ndcg === undefined ? {} : { ndcg_at_10: ndcg, ...against(ndcg - 0.5, p) }),
  })

  test('takes the best of those that are significantly better', () => {
    expect(adviseTable([table('model', 0.5), table('blend', 0.52), table('corpus', 0.53)], 0)).toMatchObject({
      change: true,
      value: 'corpus',
    })
    expect(adviseTable([table('model', 0.5), table('blend', 0.51, 0.2)], 0)).toMatchObject({ change: false })
    expect(adviseTable([table('model', 0.5), table('corpus', 0.4)], 0)).toMatchObject({ change: false })
  })

  test('says nothing without judgments', () => {
    const advice = adviseTable([table('model'), table('blend')], 0)
    expect(advice).toMatchObject({ change: false, value: 'model' })
    expect(advice.text).toContain('without --qrels')
  })
})

describe('adviseTwoPhase', () => {
  const two = (cut: number, overlap_at_10: number, p50_ratio: number): TwoPhasePoint => ({
    ...SPEED,
    cut,
    window: 50,
    table: 'model',
    queries_cut: 10,
    overlap_at_10,
    p50_ratio,
  })

  test('takes the fastest that keeps .99, and only when it is faster', () => {
    expect(
      adviseTwoPhase([two(1, 0.999, 0.9), two(2, 0.992, 0.8), two(3, 0.9, 0.5)], 0.01, undefined),
    ).toMatchObject({
      change: true,
      value: 'cut 2, window 50',
    })
    expect(adviseTwoPhase([two(2, 0.992, 0.8)], 0.15, undefined)).toMatchObject({ change: false })
    expect(adviseTwoPhase([two(1, 1, 0.97)], 0, undefined)).toMatchObject({ change: false })
  })

  test('tells why nothing was measured', () => {
    expect(adviseTwoPhase([], 0, 'nothing to cut').text).toBe('No two-phase scoring: nothing to cut.')
  })
})
