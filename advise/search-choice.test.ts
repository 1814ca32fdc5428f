import { describe, expect, test } from 'vitest'
import { cropOf } from './known-items.ts'
import { adviseSearch, chooseSearch, type SearchPoint, type SearchQueries } from './search-choice.ts'

const point = (
  settings: { balance?: number; feedback: boolean },
  ndcg_at_10: number,
  p_value = 0.01,
): SearchPoint => ({
  ...settings,
  ndcg_at_10,
  against_default: { mean_difference: ndcg_at_10 - 0.5, p_value, wins: 1, losses: 0, ties: 0 },
})
const base: SearchPoint = { feedback: false, ndcg_at_10: 0.5 }
const queries = (from: SearchQueries['from'], count = 40): SearchQueries => ({
  texts: new Map(Array.from({ length: count }, (_, at) => [`q${at}`, 'text'])),
  qrels: new Map(),
  from,
})

describe('the choice of a search', () => {
  test('is feedback where it gains, and a balance where that gains on top', () => {
    const points = [
      base,
      point({ feedback: true }, 0.52),
      point({ balance: 0.5, feedback: true }, 0.53),
      point({ balance: 0.7, feedback: false }, 0.9),
    ]
    expect(chooseSearch(points, 40)).toEqual({ feedback: true, balance: 0.5 })
    expect(chooseSearch([base, point({ feedback: true }, 0.49), ...points.slice(2)], 40)).toEqual({
      feedback: false,
      balance: 0.7,
    })
  })

  test('stays the default where a gain is small, or chance shows it often, or queries are few', () => {
    const none = { feedback: false, balance: undefined }
    expect(chooseSearch([base, point({ feedback: true }, 0.502)], 40)).toEqual(none)
    expect(chooseSearch([base, point({ feedback: true }, 0.52, 0.4)], 40)).toEqual(none)
    expect(chooseSearch([base, point({ feedback: true }, 0.9)], 19)).toEqual({ feedback: false })
    const text = (from: SearchQueries['from'], count?: number) =>
      adviseSearch(none, [base, point({ feedback: true }, 0.49)], queries(from, count), false).text
    expect(text('judgments')).toMatch(/^Keep the default .* 0\.4900 instead of 0\.5000/)
    expect(text('documents')).toContain('judgments of real queries')
    expect(text('judgments', 5)).toContain('5 queries are too few')
  })

  test('is told with its figures', () => {
    const points = [base, point({ feedback: true }, 0.52), point({ balance: 0.5, feedback: true }, 0.53)]
    const advice = adviseSearch({ feedback: true, balance: 0.5 }, points, queries('judgments'), true)
    expect(advice).toMatchObject({ about: 'search', change: true, value: 'balance 0.5, feedback on' })
    expect(advice.text).toMatch(/feedback of the first hits and balance 0\.5: nDCG@10 0\.5300.* Stored/)
  })
})

test('a known item is asked for by words from its middle; short texts and endless words are none', () => {
  const words = Array.from({ length: 20 }, (_, at) => `w${at}`)
  expect(cropOf(words.join(' '))).toBe('w6 w7 w8 w9 w10 w11 w12 w13')
  expect(cropOf('one two three')).toBeUndefined()
  expect(cropOf(`${'x'.repeat(600)} `.repeat(20))).toBeUndefined()
})
