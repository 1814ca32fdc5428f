import type { QueryToken } from '../sparse/query/encode-query.ts'
import { prune } from '../sparse/vectors/prune.ts'
import type { EncodedDocument } from './corpus-vectors.ts'
import type { ScoredDocument } from './metrics.ts'

interface Postings {
  readonly documents: number[]
  readonly weights: number[]
}

/** Documents by word piece, for exact dot products in memory; about 16 bytes for each posting. */
export class SparseCollection {
  readonly #ids: readonly string[]
  readonly #postings = new Map<number, Postings>()
  /** Mean number of word pieces of a document. */
  readonly tokensPerDocument: number

  /**
   * @param ratio smallest kept share of a document's largest weight, 0 to 1; 0 keeps all
   * @param step weights become whole multiples of it, at least one, as in a field of type lexpand_impacts
   */
  constructor(documents: readonly EncodedDocument[], ratio: number, step?: number) {
    this.#ids = documents.map(({ id }) => id)
    let postings = 0
    for (const [document, encoded] of documents.entries()) {
      const whole = {
        tokenIds: Uint32Array.from(encoded.tokenIds),
        weights: Float32Array.from(encoded.weights),
      }
      const kept = ratio === 0 ? whole : prune(whole, { type: 'max_ratio', ratio })
      postings += kept.tokenIds.length
      kept.tokenIds.forEach((token, at) => {
        const list = this.#postings.get(token) ?? { documents: [], weights: [] }
        this.#postings.set(token, list)
        list.documents.push(document)
        const weight = kept.weights[at] ?? 0
        list.weights.push(step === undefined ? weight : Math.max(1, Math.round(weight / step)) * step)
      })
    }
    this.tokensPerDocument = documents.length === 0 ? 0 : postings / documents.length
  }

  get size(): number {
    return this.#ids.length
  }

  /** Number of documents that carry a word piece. */
  frequency(tokenId: number): number {
    return this.#postings.get(tokenId)?.documents.length ?? 0
  }

  /** The best documents with a score above 0, best first, equal ones in the order of the corpus. */
  rank(tokens: readonly Pick<QueryToken, 'tokenId' | 'weight'>[], depth: number): ScoredDocument[] {
    const scores = new Float64Array(this.#ids.length)
    for (const { tokenId, weight } of tokens) {
      const list = this.#postings.get(tokenId)
      list?.documents.forEach((document, at) => {
        scores[document] = (scores[document] ?? 0) + weight * (list.weights[at] ?? 0)
      })
    }
    return [...scores.keys()]
      .filter((document) => (scores[document] ?? 0) > 0)
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
      .slice(0, depth)
      .map((document) => ({ id: this.#ids[document] ?? '', score: scores[document] ?? 0 }))
  }

  /** FLOPS: expected number of word pieces that a random query and a random document share, which is the cost of a search. */
  expectedMatches(queries: readonly (readonly Pick<QueryToken, 'tokenId'>[])[]): number {
    if (queries.length === 0 || this.size === 0) return 0
    const matches = queries.flat().reduce((sum, { tokenId }) => sum + this.frequency(tokenId), 0)
    return matches / queries.length / this.size
  }
}
