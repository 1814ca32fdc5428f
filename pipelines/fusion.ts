/** One document of a ranked list, best first. `key` is unique within a list. */
export interface Ranked {
  readonly key: string
  /** As the engine gave it, at least 0. */
  readonly score: number
}

/** A ranked list and its share of the fused score. */
export interface WeightedList {
  readonly hits: readonly Ranked[]
  /** At least 0; the weights of all lists add up to 1. */
  readonly weight: number
}

/** What the last document of a list gets, so that it still stands above one that is not in the list (as the engine does). */
export const LOWEST_SCORE = 0.001

/**
 * Each list's scores are stretched to [0, 1] between its own least and greatest, weighted and added; a document
 * that a list lacks gets 0 from it, and equal scores all count as 1. Same numbers as OpenSearch's
 * normalization-processor with min_max and arithmetic_mean.
 *
 * @returns the union, best first, ties in the order of the lists
 */
export function fuseMinMax(lists: readonly WeightedList[]): Ranked[] {
  const fused = new Map<string, number>()
  for (const { hits, weight } of lists) {
    const scores = hits.map(({ score }) => score)
    const least = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const greatest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    for (const { key, score } of hits) {
      const stretched = greatest === least ? 1 : (score - least) / (greatest - least)
      fused.set(key, (fused.get(key) ?? 0) + weight * (stretched === 0 ? LOWEST_SCORE : stretched))
    }
  }
  return sorted(fused)
}

/**
 * Reciprocal rank fusion: a document gets 1 / (rankConstant + rank) from each list that has it, ranks from 1.
 *
 * @returns the union, best first, ties in the order of the lists
 */
export function fuseReciprocalRank(lists: readonly (readonly Ranked[])[], rankConstant: number): Ranked[] {
  const fused = new Map<string, number>()
  for (const hits of lists) {
    hits.forEach(({ key }, at) => {
      fused.set(key, (fused.get(key) ?? 0) + 1 / (rankConstant + at + 1))
    })
  }
  return sorted(fused)
}

function sorted(fused: ReadonlyMap<string, number>): Ranked[] {
  return Array.from(fused, ([key, score]) => ({ key, score })).sort((a, b) => b.score - a.score)
}
