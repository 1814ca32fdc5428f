import { describe, expect, test } from 'vitest'
import type { Encoder, TokenWindow } from './encoder.ts'
import { expandTexts } from './expand.ts'
import { goldenTokenizer } from './golden/read-golden.ts'
import { EMPTY_VECTOR, sparseVector } from './vectors/sparse-vector.ts'

const tokenizer = goldenTokenizer()
const idOf = (piece: string) => tokenizer.idOf(piece) as number

/** Each piece of a window weighs its position; [CLS] and [SEP] have weights too, as from a careless graph. */
class PlaceEncoder implements Encoder {
  readonly batches: (readonly TokenWindow[])[] = []
  async encode(batch: readonly TokenWindow[]) {
    this.batches.push(batch)
    return batch.map(({ inputIds }) =>
      sparseVector(new Map([...inputIds].map((id, place) => [id, place + 1]))),
    )
  }
  async dispose() {}
}

function expansion(encoder: Encoder) {
  const windowing = { maxLength: 6, overlap: 1, maxWindows: 3 }
  return { tokenizer, windowing, pruning: { type: 'none' } as const, encoder, tokenBudget: 12 }
}

describe('expandTexts', () => {
  test('returns the vectors in the order of the texts, whatever the batches', async () => {
    const encoder = new PlaceEncoder()
    const texts = ['rain', 'a b c d e f', '', 'snow wind', 'x y z', 'fog']
    const together = await expandTexts(texts, expansion(encoder))
    const alone = []
    for (const text of texts) alone.push(...(await expandTexts([text], expansion(new PlaceEncoder()))))
    expect(together).toEqual(alone)
    expect(together.map(({ windows }) => windows)).toEqual([1, 2, 0, 1, 1, 1])
    for (const batch of encoder.batches) {
      expect(Math.max(...batch.map(({ inputIds }) => inputIds.length)) * batch.length).toBeLessThanOrEqual(12)
    }
  })

  test('merges windows by maximum and leaves special tokens out', async () => {
    const [{ vector, tokens, windows, truncated } = missing()] = await expandTexts(
      ['a b c d a'],
      expansion(new PlaceEncoder()),
    )
    expect([tokens, windows, truncated]).toEqual([5, 2, 0])
    // Windows [CLS] a b c d [SEP] and [CLS] d a [SEP].
    const weights = new Map([
      [idOf('d'), 5],
      [idOf('c'), 4],
      [idOf('a'), 3],
      [idOf('b'), 3],
    ])
    expect(vector).toEqual(sparseVector(weights))
  })

  test('prunes after pieces that are not stored are gone', async () => {
    const pruning = { type: 'max_ratio', ratio: 0.9 } as const
    const [expanded] = await expandTexts(['a b .'], { ...expansion(new PlaceEncoder()), pruning })
    // "." would weigh 4 and [SEP] 5: measured against those, "b" with 3 would be dropped.
    expect(expanded && [...expanded.vector.tokenIds]).toEqual([idOf('b')])
  })

  test('of blank texts gives empty vectors and never calls the encoder', async () => {
    const encoder = new PlaceEncoder()
    const blank = { vector: EMPTY_VECTOR, tokens: 0, windows: 0, truncated: 0 }
    expect(await expandTexts(['', ' \n', '\u200b'], expansion(encoder))).toEqual([blank, blank, blank])
    expect(encoder.batches).toEqual([])
  })

  test('counts what lies behind the last window', async () => {
    const [expanded] = await expandTexts(['word '.repeat(20)], expansion(new PlaceEncoder()))
    expect(expanded).toMatchObject({ tokens: 20, windows: 3, truncated: 20 - (4 + 3 + 3) })
  })

  test('fails when the encoder returns another number of vectors', async () => {
    const encoder: Encoder = { encode: async () => [], dispose: async () => {} }
    await expect(expandTexts(['rain'], expansion(encoder))).rejects.toThrow(/expected 1 vectors, got 0/)
  })
})

function missing(): never {
  throw new Error('nothing was expanded')
}
