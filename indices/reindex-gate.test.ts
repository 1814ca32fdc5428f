import { describe, expect, test } from 'vitest'
import { overlap } from './reindex-gate.ts'

const run = (lists: Record<string, string[]>) => new Map(Object.entries(lists))

describe('overlap', () => {
  test('is the mean share of common ids, of the longer list', () => {
    expect(overlap(run({ a: ['1', '2'], b: ['1'] }), run({ a: ['2', '3'], b: ['1'] }))).toBe(0.75)
    expect(overlap(run({ a: ['1'] }), run({ a: ['1', '2', '3', '4'] }))).toBe(0.25)
  })

  test('counts a query that only one side answers as nothing in common', () => {
    expect(overlap(run({ a: ['1'] }), run({ a: [] }))).toBe(0)
    expect(overlap(run({ a: ['1'] }), run({}))).toBe(0)
  })

  test('leaves out queries that nobody answers', () => {
    expect(overlap(run({ a: ['1'], b: [] }), run({ a: ['1'], b: [] }))).toBe(1)
  })
})
