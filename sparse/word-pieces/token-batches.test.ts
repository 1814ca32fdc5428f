import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tokenBatches } from './token-batches.ts'

describe('tokenBatches', () => {
  test('holds every sequence once, within the budget unless one is too long alone, and wastes no batch', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 600 })),
        fc.integer({ min: 1, max: 2_000 }),
        (lengths, budget) => {
          const batches = tokenBatches(lengths, budget)
          expect(batches.flat().toSorted((a, b) => a - b)).toEqual([...lengths.keys()])
          const longest = batches.map((batch) => Math.max(...batch.map((at) => lengths[at] as number)))
          batches.forEach((batch, at) => {
            if (batch.length > 1) expect((longest[at] as number) * batch.length).toBeLessThanOrEqual(budget)
            // The first sequence of the next batch would not have fitted.
            if (at > 0) {
              const previous = batches[at - 1] as number[]
              expect((longest[at - 1] as number) * (previous.length + 1)).toBeGreaterThan(budget)
            }
          })
          expect(longest).toEqual(longest.toSorted((a, b) => b - a))
        },
      ),
      { seed: 1 },
    )
  })

  test.each([0, -1, 1.5, Number.NaN])('refuses a budget of %d', (budget) => {
    expect(() => tokenBatches([1], budget)).toThrow(/tokenBudget to be a positive integer/)
  })
})
