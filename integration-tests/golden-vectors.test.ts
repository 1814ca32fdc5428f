import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadModel } from '../models/index.ts'
import { type ExpandedText, expandTexts, type Pruning, type Windowing } from '../sparse/index.ts'
import { processorFlags } from '../workers/encoders/integer-products.ts'
import { type OnnxEncoder, onnxEncoder } from '../workers/encoders/onnx.ts'

/** Made by sparse/golden/make-vectors.py with Python tokenizers, onnxruntime and numpy, without code of Lexpand. */
interface VectorGolden {
  /** Kernels of the processor it was made on, of those that compute a graph's floats in different ways. */
  readonly made_with: { readonly kernels: readonly string[] }
  readonly groups: readonly {
    readonly windowing: Windowing
    readonly pruning: Pruning
    readonly texts: readonly {
      readonly text: string
      readonly tokens: number
      readonly windows: number
      readonly truncated: number
      readonly ids: readonly number[]
      readonly weights: readonly number[]
    }[]
  }[]
}

const KERNELS = ['avx2', 'avx512f', 'avx512_vnni', 'avx_vnni']
const LARGEST_DIFFERENCE = 1e-3
/** Weights up to here may come and go with the last bits of a float. */
const NEGLIGIBLE = 0.01
/**
 * The last bit of a float decides rounding steps of the int8 activations, and one step that falls otherwise moves the
 * steps of all later layers: on a processor with other float kernels a vector is as far from the golden one as both
 * are from float activations. With norms and biases changed by 1e-7 these texts have cosines of .99 and more, and .963
 * at least where `top_k` cuts.
 */
const LEAST_COSINE_ELSEWHERE = 0.95

const golden: VectorGolden = JSON.parse(
  gunzipSync(readFileSync(new URL('../sparse/golden/vectors.json.gz', import.meta.url))).toString(),
)
const flags = processorFlags()?.split(/\s+/) ?? []
const sameKernels =
  golden.made_with.kernels.length > 0 &&
  KERNELS.every((kernel) => golden.made_with.kernels.includes(kernel) === flags.includes(kernel))
const model = await loadModel()
let encoder: OnnxEncoder

beforeAll(() => {
  encoder = onnxEncoder(model)
})
afterAll(() => encoder.dispose())

describe('vectors equal the Python reference', () => {
  test('on at least 200 texts', () => {
    expect(golden.groups.flatMap(({ texts }) => texts).length).toBeGreaterThanOrEqual(200)
  })

  test.each(
    golden.groups.map((group) => [JSON.stringify(group.pruning), group.windowing.maxLength, group] as const),
  )('pruned by %s, windows of %d', async (_, __, { windowing, pruning, texts }) => {
    const expanded = await expandTexts(
      texts.map(({ text }) => text),
      { tokenizer: model.tokenizer, windowing, pruning, encoder, tokenBudget: 2_048 },
    )
    expanded.forEach((actual, at) => {
      const { text, tokens, windows, truncated, ids, weights } = texts[at] as (typeof texts)[number]
      const expected = new Map(ids.map((id, place) => [id, weights[place] as number]))
      expect({ text, tokens: actual.tokens, windows: actual.windows, truncated: actual.truncated }).toEqual({
        text,
        tokens,
        windows,
        truncated,
      })
      if (sameKernels) {
        expect({ text, different: differences(weightsOf(actual), expected) }).toEqual({ text, different: [] })
      } else if (expected.size > 0) {
        expect(cosine(weightsOf(actual), expected), text).toBeGreaterThan(LEAST_COSINE_ELSEWHERE)
      }
    })
  })
})

/** Tokens that only one side has above negligible, or whose weights differ by too much. */
function differences(actual: ReadonlyMap<number, number>, expected: ReadonlyMap<number, number>) {
  return [...new Set([...actual.keys(), ...expected.keys()])]
    .map((id) => ({ piece: model.tokenizer.piece(id), actual: actual.get(id), expected: expected.get(id) }))
    .filter(({ actual: ours, expected: theirs }) => {
      if (ours === undefined || theirs === undefined) return (ours ?? theirs ?? 0) > NEGLIGIBLE
      return Math.abs(ours - theirs) > LARGEST_DIFFERENCE
    })
}

function cosine(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  const dot = (x: typeof a, y: typeof a) => [...x].reduce((sum, [id, w]) => sum + w * (y.get(id) ?? 0), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

function weightsOf({ vector }: ExpandedText): Map<number, number> {
  return new Map([...vector.tokenIds].map((id, at) => [id, vector.weights[at] as number]))
}
