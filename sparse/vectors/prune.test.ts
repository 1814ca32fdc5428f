import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Pruning, prune } from './prune.ts'
import { sparseVector } from './sparse-vector.ts'

const vectorOf = (...weights: number[]) => sparseVector(new Map(weights.map((weight, id) => [id, weight])))
const kept = (weights: number[], pruning: Pruning) => [...prune(vectorOf(...weights), pruning).weights]

describe('prune, with the meanings of OpenSearch', () => {
  // Powers of two: exact in float32, so that a weight on the edge is on the edge.
  test.each<[string, number[], Pruning, number[]]>([
    ['none keeps all', [4, 2, 1], { type: 'none' }, [4, 2, 1]],
    ['max_ratio keeps what equals ratio x max', [4, 2, 1], { type: 'max_ratio', ratio: 0.5 }, [4, 2]],
    ['max_ratio 0 keeps all', [4, 0.001953125], { type: 'max_ratio', ratio: 0 }, [4, 0.001953125]],
    ['top_k keeps the k largest', [4, 2, 1], { type: 'top_k', k: 2 }, [4, 2]],
    ['top_k above the size keeps all', [4, 2], { type: 'top_k', k: 9 }, [4, 2]],
    [
      'alpha_mass keeps while the sum is at most the mass',
      [4, 2, 1, 1],
      { type: 'alpha_mass', mass: 0.75 },
      [4, 2],
    ],
    ['alpha_mass drops even the first that exceeds it alone', [4, 1], { type: 'alpha_mass', mass: 0.5 }, []],
    ['alpha_mass 0 drops all', [4, 1], { type: 'alpha_mass', mass: 0 }, []],
    [
      'alpha_mass stops at the first that does not fit',
      [2, 2, 2, 0.25],
      { type: 'alpha_mass', mass: 0.5 },
      [2],
    ],
    ['abs_value keeps what equals the threshold', [4, 2, 1], { type: 'abs_value', threshold: 2 }, [4, 2]],
    ['abs_value above all drops all', [4], { type: 'abs_value', threshold: 5 }, []],
    ['an empty vector stays empty', [], { type: 'max_ratio', ratio: 0.1 }, []],
  ])('%s', (_, weights, pruning, expected) => {
    expect(kept(weights, pruning)).toEqual(expected)
  })

  test('keeps each weight with its token', () => {
    const pruned = prune(
      sparseVector(
        new Map([
          [7, 1],
          [3, 8],
          [5, 4],
        ]),
      ),
      { type: 'top_k', k: 2 },
    )
    expect([[...pruned.tokenIds], [...pruned.weights]]).toEqual([
      [3, 5],
      [8, 4],
    ])
  })

  test('by ratio never drops the largest and is idempotent', () => {
    const weight = fc.float({ min: Math.fround(1e-6), max: 10, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (weights, ratio) => {
          const once = prune(vectorOf(...weights), { type: 'max_ratio', ratio })
          expect(once.weights[0]).toBe(Math.max(...weights))
          expect(prune(once, { type: 'max_ratio', ratio })).toEqual(once)
        },
      ),
      { seed: 1 },
    )
  })

  test.each<[unknown, RegExp]>([
    [{ type: 'max_ratio', ratio: 1 }, /max_ratio\.ratio to be a number in \[0, 1\), got 1/],
    [{ type: 'max_ratio', ratio: -0.1 }, /got -0\.1/],
    [{ type: 'max_ratio' }, /got undefined/],
    [{ type: 'alpha_mass', mass: Number.NaN }, /alpha_mass\.mass .* got NaN/],
    [{ type: 'top_k', k: 0 }, /top_k\.k to be a positive integer, got 0/],
    [{ type: 'top_k', k: 1.5 }, /got 1\.5/],
    [{ type: 'abs_value', threshold: 0 }, /abs_value\.threshold .* got 0/],
    [{ type: 'abs_value', threshold: Number.POSITIVE_INFINITY }, /got Infinity/],
    [{ type: 'maxratio' }, /expected type none, max_ratio, .* got "maxratio"/],
  ])('refuses %j', (pruning, message) => {
    expect(() => prune(vectorOf(1), pruning as Pruning)).toThrow(message)
  })
})
