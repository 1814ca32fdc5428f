import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuseMinMax, fuseReciprocalRank, LOWEST_SCORE, type Ranked } from './fusion.ts'

const list = (entries: Record<string, number>): Ranked[] =>
  Object.entries(entries).map(([key, score]) => ({ key, score }))

describe('fuseMinMax', () => {
  test('stretches each list to [0, 1], weights it, and counts a missing document as 0', () => {
    const fused = fuseMinMax([
      { hits: list({ a: 10, b: 6, c: 2 }), weight: 0.25 },
      { hits: list({ d: 3, a: 2, c: 1 }), weight: 0.75 },
    ])
    expect(fused).toEqual([
      { key: 'd', score: 0.75 },
      { key: 'a', score: 0.25 + 0.75 * 0.5 },
      { key: 'b', score: 0.125 },
      { key: 'c', score: LOWEST_SCORE },
    ])
  })

  test('equal scores, and a single hit, count as 1', () => {
    const same = { hits: list({ a: 5, b: 5 }), weight: 0.5 }
    expect(fuseMinMax([same, { hits: list({ b: 2 }), weight: 0.5 }])).toEqual([
      { key: 'b', score: 1 },
      { key: 'a', score: 0.5 },
    ])
  })

  test('ties keep the order of the lists', () => {
    const fused = fuseMinMax([{ hits: list({ z: 1, a: 1, m: 1 }), weight: 1 }])
    expect(fused.map(({ key }) => key)).toEqual(['z', 'a', 'm'])
  })

  test('empty lists give what the others have', () => {
    expect(
      fuseMinMax([
        { hits: [], weight: 0.35 },
        { hits: list({ a: 1 }), weight: 0.65 },
      ]),
    ).toEqual([{ key: 'a', score: 0.65 }])
    expect(fuseMinMax([])).toEqual([])
  })

  test('keeps the order of a list that stands alone, whatever its scale', () => {
    const scores = fc.uniqueArray(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(scores, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (values, scale) => {
        const sorted = values.sort((a, b) => b - a)
        const hits = sorted.map((value, at) => ({ key: `${at}`, score: value * scale }))
        const last = hits.at(-1)?.key
        // The order of the last document may change: it gets .001 instead of 0, as in the engine.
        const order = fuseMinMax([{ hits, weight: 1 }]).filter(({ key }) => key !== last)
        expect(order.map(({ key }) => key)).toEqual(hits.slice(0, -1).map(({ key }) => key))
      }),
    )
  })
})

describe('fuseReciprocalRank', () => {
  test('adds 1 / (constant + rank)', () => {
    const fused = fuseReciprocalRank([list({ a: 9, b: 8 }), list({ b: 3, c: 1 })], 60)
    expect(fused).toEqual([
      { key: 'b', score: 1 / 62 + 1 / 61 },
      { key: 'a', score: 1 / 61 },
      { key: 'c', score: 1 / 62 },
    ])
  })

  test('does not look at scores', () => {
    const [one, other] = [list({ a: 100, b: 99 }), list({ a: 1, b: 0 })]
    expect(fuseReciprocalRank([one], 1)).toEqual(fuseReciprocalRank([other], 1))
  })
})
