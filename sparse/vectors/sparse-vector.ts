/**
 * Non-zero weights over the vocabulary.
 *
 * Invariants (checked by {@link sparseVector}): token ids are distinct; weights are finite, at least the smallest
 * normal float32 (Lucene's FeatureField refuses less), and descending; both arrays have one length.
 */
export interface SparseVector {
  /** Ids of word pieces in the model's vocabulary, shape [n]. */
  readonly tokenIds: Uint32Array
  /** Weight of each word piece, shape [n], descending. */
  readonly weights: Float32Array
}

/** Java's Float.MIN_NORMAL: the smallest weight that FeatureField stores. */
export const SMALLEST_WEIGHT = 2 ** -126

export const EMPTY_VECTOR: SparseVector = { tokenIds: new Uint32Array(0), weights: new Float32Array(0) }

/**
 * Builds a vector from entries in any order: drops weights that cannot be stored (zero, negative, below the smallest
 * normal float, not finite) and sorts by weight, ties by token id so that equal inputs give equal vectors.
 *
 * @param entries token id -> weight; a Map, so ids are distinct by construction
 */
export function sparseVector(entries: ReadonlyMap<number, number>): SparseVector {
  const kept = [...entries].filter(([, weight]) => Number.isFinite(weight) && weight >= SMALLEST_WEIGHT)
  kept.sort(([idA, a], [idB, b]) => b - a || idA - idB)
  return {
    tokenIds: Uint32Array.from(kept, ([id]) => id),
    weights: Float32Array.from(kept, ([, weight]) => weight),
  }
}
