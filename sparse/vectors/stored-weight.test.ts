import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IMPACT_STEP, roundToImpact, truncateToFeatureField } from './stored-weight.ts'

describe('truncateToFeatureField', () => {
  test.each([
    [1.4109, 1.41015625],
    [1.4673, 1.46484375],
    [0.7473, 0.74609375],
    [1, 1],
    [0.1, 0.099853515625],
    [2 ** -126, 2 ** -126],
  ])('of %d is %d', (weight, expected) => {
    expect(truncateToFeatureField(weight)).toBe(expected)
  })

  test('is never above the weight, less than 2^-8 below it, and idempotent', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(1e-6), max: 100, noNaN: true }), (weight) => {
        const truncated = truncateToFeatureField(weight)
        expect(truncated).toBeLessThanOrEqual(weight)
        expect(truncated).toBeGreaterThan(weight * (1 - 2 ** -8))
        expect(truncateToFeatureField(truncated)).toBe(truncated)
      }),
      { seed: 1 },
    )
  })
})

describe('roundToImpact', () => {
  test.each([
    [1.4109, 181 / 128],
    [1 / 256, 1 / 128],
    [1e-6, 1 / 128],
    [3 / 256, 2 / 128],
    [1, 1],
    [128, 128],
  ])('of %d is %d', (weight, expected) => {
    expect(roundToImpact(weight)).toBe(expected)
  })

  test('is at most half a step away, one step at least, and idempotent', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(1e-6), max: 128, noNaN: true }), (weight) => {
        const rounded = roundToImpact(weight)
        expect(Math.abs(rounded - Math.max(weight, IMPACT_STEP))).toBeLessThanOrEqual(IMPACT_STEP / 2)
        expect(roundToImpact(rounded)).toBe(rounded)
      }),
      { seed: 1 },
    )
  })
})
