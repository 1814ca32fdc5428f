/** One document of a ranked list, best first. `key` is unique within a list; further properties are passed on. */
export interface Ranked {
  readonly key: string
  /** Score of the engine, at least 0. */
  readonly score: number
}

/** A ranked list and its share of the fused score. */
export interface WeightedList<T extends Ranked = Ranked> {
  readonly hits: readonly T[]
  /** At least 0; the weights of all lists add up to 1. */
  readonly weight: number
}

/** Score of the last document of a list, so that it still ranks above one that is not in the list (as in the engine). */
export const LOWEST_SCORE = 0.001

/**
 * Fuses lists as OpenSearch's normalization-processor does with min_max and arithmetic_mean. The scores of each list
 * are scaled to [0, 1] between its own minimum and maximum, weighted and added; a document gets 0 from a list that
 * lacks it, and equal scores all count as 1.
 *
 * @returns the union, best first, ties in the order of the lists
 */
export function fuseMinMax<T extends Ranked>(lists: readonly WeightedList<T>[]): T[] {
  const fused = new Map<string, T>()
  for (const { hits, weight } of lists) {
    const scores = hits.map(({ score }) => score)
    const least = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const greatest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    for (const hit of hits) {
      const stretched = greatest === least ? 1 : (hit.score - least) / (greatest - least)
      add(fused, hit, weight * (stretched === 0 ? LOWEST_SCORE : stretched))
    }
  }
  return sorted(fused)
}

/**
 * Reciprocal rank fusion: a document gets 1 / (rankConstant + rank) from each list that has it, ranks from 1.
 *
 * @returns the union, best first, ties in the order of the lists
 */
export function fuseReciprocalRank<T extends Ranked>(
  lists: readonly (readonly T[])[],
  rankConstant: number,
): T[] {
  const fused = new Map<string, T>()
  for (const hits of lists) {
    for (const [at, hit] of hits.entries()) add(fused, hit, 1 / (rankConstant + at + 1))
  }
  return sorted(fused)
}

function add<T extends Ranked>(fused: Map<string, T>, hit: T, score: number): void {
  const { score: sum = 0 } = fused.get(hit.key) ?? {}
  fused.set(hit.key, { ...(fused.get(hit.key) ?? hit), score: sum + score })
}

function sorted<T extends Ranked>(fused: ReadonlyMap<string, T>): T[] {
  return [...fused.values()].sort((a, b) => b.score - a.score)
}
