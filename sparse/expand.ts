import type { Encoder, TokenWindow } from './encoder.ts'
import { LexpandError } from './errors.ts'
import { maxMerge } from './vectors/merge.ts'
import { type Pruning, prune } from './vectors/prune.ts'
import { EMPTY_VECTOR, type SparseVector } from './vectors/sparse-vector.ts'
import { indexablePiece } from './word-pieces/indexable.ts'
import { tokenBatches } from './word-pieces/token-batches.ts'
import type { WordPieceTokenizer } from './word-pieces/tokenizer.ts'
import { type Windowing, windowsOf } from './word-pieces/windows.ts'

/** The vector of a text as the index stores it, and the coverage of the text. */
export interface ExpandedText {
  readonly vector: SparseVector
  /** Number of word pieces in the text. */
  readonly tokens: number
  /** Number of windows encoded; 0 for a text without word pieces, whose vector is empty. */
  readonly windows: number
  /** Number of word pieces behind the last window. */
  readonly truncated: number
}

export interface Expansion {
  readonly tokenizer: WordPieceTokenizer
  readonly windowing: Windowing
  readonly pruning: Pruning
  readonly encoder: Encoder
  /** Padded word pieces that one call of the encoder may hold. */
  readonly tokenBudget: number
}

/**
 * Turns texts into vectors: windows, batches by length over all texts, encoder, maximum over the windows, pruning.
 *
 * @returns one entry for each text, in order
 * @throws LexpandError ENCODER when a batch fails: nothing is returned then, and the caller splits the texts
 */
export async function expandTexts(texts: readonly string[], expansion: Expansion): Promise<ExpandedText[]> {
  const { tokenizer, windowing, pruning } = expansion
  const cut = texts.map((text) => windowsOf(text, tokenizer, windowing))
  const vectors = await encodeAll(
    cut.flatMap(({ windows }) => windows),
    expansion,
  )
  let next = 0
  return cut.map(({ windows, tokens, truncated }) => {
    const own = vectors.slice(next, next + windows.length)
    next += windows.length
    const merged = own.length === 0 ? EMPTY_VECTOR : indexable(maxMerge(own), tokenizer)
    return { vector: prune(merged, pruning), tokens, windows: windows.length, truncated }
  })
}

async function encodeAll(windows: readonly TokenWindow[], { encoder, tokenBudget }: Expansion) {
  const vectors: SparseVector[] = new Array(windows.length)
  const batches = tokenBatches(
    windows.map((window) => window.inputIds.length),
    tokenBudget,
  )
  // All batches start at once: an encoder with several processes spreads them, one with a single process queues them.
  await Promise.all(
    batches.map(async (indices) => {
      const encoded = await encoder.encode(indices.map((index) => windows[index] as TokenWindow))
      if (encoded.length !== indices.length) {
        throw new LexpandError(
          'ENCODER',
          `[encoder] expected ${indices.length} vectors, got ${encoded.length}. Report this driver.`,
        )
      }
      indices.forEach((index, at) => {
        vectors[index] = encoded[at] as SparseVector
      })
    }),
  )
  return vectors
}

/** Runs before pruning: a heavy piece that is not stored must not raise the limit for the others. */
function indexable(vector: SparseVector, tokenizer: WordPieceTokenizer): SparseVector {
  const kept = [...vector.tokenIds.keys()].filter(
    (at) => indexablePiece(vector.tokenIds[at] as number, tokenizer) !== undefined,
  )
  return {
    tokenIds: Uint32Array.from(kept, (at) => vector.tokenIds[at] as number),
    weights: Float32Array.from(kept, (at) => vector.weights[at] as number),
  }
}
