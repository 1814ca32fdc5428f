/** A query token, reduced to what a dot product needs. */
export interface WeightedToken {
  readonly token: string
  readonly weight: number
}

/** Exact dot products over stored weights in memory: the reference for an engine's ranking. Memory: about 16 bytes for each posting. */
export class ExactRanking {
  readonly #ids: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #postings = new Map<string, { documents: number[]; weights: number[] }>()

  /** @param weights token -> stored weight */
  add(id: string, weights: Iterable<readonly [string, number]>): void {
    const number = this.#ids.length
    this.#ids.push(id)
    this.#numbers.set(id, number)
    for (const [token, weight] of weights) {
      let list = this.#postings.get(token)
      if (list === undefined) {
        list = { documents: [], weights: [] }
        this.#postings.set(token, list)
      }
      list.documents.push(number)
      list.weights.push(weight)
    }
  }

  /**
   * Share of the best k that a ranking found. A document with the same score as the k-th best counts as found, because
   * the order of equal documents is arbitrary.
   *
   * @param ranking ids as the engine returned them, best first
   * @returns 0 to 1; 1 when nothing matches and nothing was returned
   */
  overlap(tokens: readonly WeightedToken[], ranking: readonly string[], k: number): number {
    const scores = this.#scores(tokens)
    const best = scores
      .filter((score) => score > 0)
      .sort((a, b) => b - a)
      .slice(0, k)
    const threshold = best.at(-1)
    if (threshold === undefined) return ranking.length === 0 ? 1 : 0
    const found = ranking.slice(0, k).filter((id) => {
      const number = this.#numbers.get(id)
      return number !== undefined && (scores[number] ?? 0) >= threshold * (1 - 1e-6)
    })
    return found.length / best.length
  }

  #scores(tokens: readonly WeightedToken[]): Float64Array {
    const scores = new Float64Array(this.#ids.length)
    for (const { token, weight } of tokens) {
      const list = this.#postings.get(token)
      list?.documents.forEach((document, index) => {
        scores[document] = (scores[document] ?? 0) + weight * (list.weights[index] ?? 0)
      })
    }
    return scores
  }
}
