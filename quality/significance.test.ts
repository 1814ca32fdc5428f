import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compare } from './significance.ts'

const golden: { made_by: string; cases: { a: number[]; b: number[]; p: number }[] } = JSON.parse(
  readFileSync(new URL('golden/significance.json', import.meta.url), 'utf8'),
)

describe(`p values agree with ${golden.made_by} within sampling error`, () => {
  test.each(golden.cases)('$a.length queries, p = $p', ({ a, b, p }) => {
    const tolerance = 4 * Math.sqrt((p * (1 - p)) / 20_000) + 1e-4
    expect(Math.abs(compare(a, b).p_value - p)).toBeLessThan(tolerance)
  })
})

test('the same seed gives the same p value', () => {
  const { a, b } = golden.cases[1] ?? { a: [], b: [] }
  expect(compare(a, b, { seed: 7 })).toEqual(compare(a, b, { seed: 7 }))
})

test('equal systems are never significant and all queries tie', () => {
  expect(compare([0.1, 0.5], [0.1, 0.5])).toEqual({
    mean_difference: 0,
    p_value: 1,
    wins: 0,
    losses: 0,
    ties: 2,
  })
})

test('a system that wins every one of 20 queries by the same amount has p near 2 / 2^20', () => {
  const a = Array.from({ length: 20 }, () => 0)
  const b = a.map(() => 0.1)
  expect(compare(a, b).p_value).toBeLessThan(0.001)
})
