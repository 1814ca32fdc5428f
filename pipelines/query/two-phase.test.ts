import { describe, expect, test } from 'vitest'
import { isProven, rescoreWindow, twoPhaseQuery } from './two-phase.ts'

const field = 'body_sparse'
const tokens = [
  { token: 'wing', weight: 6.5 },
  { token: 'two', weight: 2 },
  { token: 'the', weight: 0.5 },
]
const SETTINGS = { cut: 2, window: 50 }
const clause = (token: string, boost: number) => ({
  rank_feature: { field: `${field}.${token}`, linear: {}, boost },
})

describe('twoPhaseQuery', () => {
  test('searches by what is at or above the cut and adds the rest to the best', () => {
    const filter = [{ term: { group: 1 } }]
    expect(twoPhaseQuery({ field, tokens, filter }, SETTINGS, 10)).toEqual({
      query: { bool: { should: [clause('wing', 6.5), clause('two', 2)], minimum_should_match: 1, filter } },
      rescore: {
        window_size: 50,
        query: {
          rescore_query: { bool: { should: [clause('the', 0.5)], minimum_should_match: 1 } },
          score_mode: 'total',
        },
      },
      low: [{ token: 'the', weight: 0.5 }],
      window: 50,
    })
  })

  test('is no query of two phases when one of them would be empty', () => {
    expect(twoPhaseQuery({ field, tokens }, { cut: 0.5, window: 50 }, 10)).toBeUndefined()
    expect(twoPhaseQuery({ field, tokens }, { cut: 7, window: 50 }, 10)).toBeUndefined()
  })

  test('cuts by the weight that counts, boost included', () => {
    expect(twoPhaseQuery({ field, tokens, boost: 4 }, SETTINGS, 10)).toBeUndefined()
    expect(twoPhaseQuery({ field, tokens, boost: 0.5 }, SETTINGS, 10)?.low).toEqual(tokens.slice(1))
  })
})

test('the window is doubled until the page is in it, up to what the engine allows', () => {
  expect([1, 50, 51, 101, 9_000].map((page) => rescoreWindow(50, page))).toEqual([50, 50, 100, 200, 10_000])
})

describe('isProven', () => {
  test('holds when what is behind the window cannot reach the last hit', () => {
    expect(isProven(3, [0.5, 0.25], 4)).toBe(true)
    expect(isProven(3, [0.5, 0.5], 4)).toBe(false)
    expect(isProven(3.9, [0.5, 0.5], 4)).toBe(false)
  })

  test('does not hold for a page that is not full, unless the index has none of the low pieces', () => {
    expect(isProven(0, [0.5], 0)).toBe(false)
    expect(isProven(0, [0, 0], 0)).toBe(true)
  })
})
