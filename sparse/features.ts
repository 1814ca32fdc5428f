import type { SparseVector } from './vectors/sparse-vector.ts'
import { indexablePiece } from './word-pieces/indexable.ts'
import type { WordPieceTokenizer } from './word-pieces/tokenizer.ts'

/**
 * Content of a `rank_features` field: piece -> weight, heaviest first. A Map, since pieces come from text and one of
 * them may be `__proto__`. Weights have five significant digits: Lucene keeps nine bits.
 */
export function toFeatures(vector: SparseVector, tokenizer: WordPieceTokenizer): Map<string, number> {
  const features = new Map<string, number>()
  vector.tokenIds.forEach((id, at) => {
    const piece = indexablePiece(id, tokenizer)
    if (piece !== undefined) features.set(piece, Number((vector.weights[at] as number).toPrecision(5)))
  })
  return features
}
