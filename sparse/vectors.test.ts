import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toFeatures } from './features.ts'
import { goldenTokenizer } from './golden/read-golden.ts'
import { type Activation, activate } from './vectors/activation.ts'
import { maxMerge } from './vectors/merge.ts'
import { maxPooledWeights } from './vectors/pooling.ts'
import { SMALLEST_WEIGHT, sparseVector } from './vectors/sparse-vector.ts'

const tokenizer = goldenTokenizer()
const idOf = (piece: string) => tokenizer.idOf(piece) as number
const entries = ({ tokenIds, weights }: ReturnType<typeof sparseVector>) =>
  [...tokenIds].map((id, at) => [id, weights[at]])

describe('sparseVector', () => {
  test('drops what Lucene cannot store and sorts by weight, ties by id', () => {
    const vector = sparseVector(
      new Map([
        [9, 1],
        [2, 1],
        [5, 3],
        [1, 0],
        [3, -1],
        [4, Number.NaN],
        [6, Number.POSITIVE_INFINITY],
        [7, SMALLEST_WEIGHT / 2],
      ]),
    )
    expect(entries(vector)).toEqual([
      [5, 3],
      [2, 1],
      [9, 1],
    ])
  })
})

describe('activate', () => {
  // Values of recipe.md 1.1.
  test.each<[number, number, number]>([
    [0.1, 0.095, 0.091],
    [20, 3.045, 1.4],
    [5, 1.79, 1.03],
    [10, 2.4, 1.22],
    [30, 3.43, 1.49],
    [-3, 0, 0],
  ])('of logit %d is %d by one logarithm and %d by two', (logit, single, double) => {
    expect(activate(logit, 'log1p_relu')).toBeCloseTo(single, 2)
    expect(activate(logit, 'log1p_log1p_relu')).toBeCloseTo(double, 2)
  })

  test('refuses an activation it does not know, properties of Object included', () => {
    expect(() => activate(1, 'softplus' as Activation)).toThrow(
      /one of log1p_relu, log1p_log1p_relu, got softplus/,
    )
    expect(() => activate(1, 'constructor' as Activation)).toThrow(/got constructor/)
  })
})

describe('maxPooledWeights', () => {
  // Two texts of three positions, the second padded at its end; a vocabulary of five, id 4 a special token.
  const logits = Float32Array.of(
    1,
    -1,
    0,
    2,
    9,
    3,
    -2,
    0,
    1,
    9,
    0,
    -3,
    0,
    0,
    9,
    1,
    1,
    0,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    8,
    8,
    8,
    8,
    8,
  )
  const mask = BigInt64Array.of(1n, 1n, 1n, 1n, 1n, 0n)

  test('takes the maximum over real positions, drops special ids and what is not above zero', () => {
    const [first, second] = maxPooledWeights(
      { logits, shape: [2, 3, 5], attentionMask: mask },
      'log1p_relu',
      new Set([4]),
    )
    expect(first && entries(first)).toEqual([
      [0, Math.fround(Math.log1p(3))],
      [3, Math.fround(Math.log1p(2))],
    ])
    expect(second && entries(second)).toEqual([
      [1, Math.fround(Math.log1p(2))],
      [0, Math.fround(Math.log1p(1))],
    ])
  })

  test('ignores columns behind the vocabulary', () => {
    const [first] = maxPooledWeights(
      { logits, shape: [2, 3, 5], attentionMask: mask },
      'log1p_relu',
      new Set(),
      3,
    )
    expect(first && [...first.tokenIds]).toEqual([0])
  })
})

describe('maxMerge', () => {
  const vectors = fc.array(
    fc
      .array(fc.tuple(fc.nat(20), fc.float({ min: Math.fround(0.001), max: 4, noNaN: true })), {
        maxLength: 12,
      })
      .map((pairs) => sparseVector(new Map(pairs))),
    { maxLength: 4 },
  )

  test('gives each token its largest weight of all windows, in any order', () => {
    fc.assert(
      fc.property(vectors, (windows) => {
        const expected = new Map<number, number>()
        for (const [id, weight] of windows.flatMap(entries) as [number, number][]) {
          expected.set(id, Math.max(weight, expected.get(id) ?? 0))
        }
        expect(maxMerge(windows)).toEqual(sparseVector(expected))
        expect(maxMerge(windows.toReversed())).toEqual(sparseVector(expected))
      }),
      { seed: 1 },
    )
  })
})

describe('toFeatures', () => {
  test('drops special tokens, pieces with a dot and unknown ids, and keeps five significant digits', () => {
    const vector = sparseVector(
      new Map([
        [idOf('rain'), 1.23456789],
        [idOf('##ing'), 0.000123456789],
        [idOf('.'), 2],
        [idOf('...'), 2],
        [idOf('##.'), 2],
        [tokenizer.sepId, 3],
        [999_999, 3],
      ]),
    )
    expect([...toFeatures(vector, tokenizer)]).toEqual([
      ['rain', 1.2346],
      ['##ing', 0.00012346],
    ])
  })
})
