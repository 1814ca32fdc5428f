import { type SparseVector, sparseVector } from './sparse-vector.ts'

/** Merges the vectors of several windows: each token has the largest weight in any window. */
export function maxMerge(vectors: readonly SparseVector[]): SparseVector {
  if (vectors.length === 1) return vectors[0] as SparseVector
  const largest = new Map<number, number>()
  for (const { tokenIds, weights } of vectors) {
    tokenIds.forEach((id, at) => {
      const weight = weights[at] as number
      if (weight > (largest.get(id) ?? 0)) largest.set(id, weight)
    })
  }
  return sparseVector(largest)
}
