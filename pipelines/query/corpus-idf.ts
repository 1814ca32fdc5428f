import { LARGEST_QUERY_WEIGHT, type QueryToken } from '../../sparse/query/encode-query.ts'

/**
 * model: the weights of the model's query table. corpus: only the rarity in the searched index. blend: half of each.
 * auto: blend, with a smaller share of the index while it has fewer than {@link TRUSTED_DOCUMENTS}.
 */
export type QueryIdf = 'auto' | 'model' | 'corpus' | 'blend'

/** Number of documents with a vector from which an index's own counts weigh half under `auto`; with fewer, in proportion. */
export const TRUSTED_DOCUMENTS = 1_000

/** Frequencies of word pieces in an index at one instant. */
export interface CorpusFrequencies {
  /** Number of documents with a vector: the N of the formula. */
  readonly documents: number
  /** Piece -> number of documents that carry it in the sparse field, expansions included: the length of its posting list. */
  readonly frequencies: ReadonlyMap<string, number>
}

/**
 * ln(1 + (N - df + .5) / (df + .5)), the IDF of BM25 in Lucene's form: above 0 for every df of 0 to N.
 *
 * @param frequency df; a value above N (counted a moment later) counts as N
 */
export function inverseDocumentFrequency(documents: number, frequency: number): number {
  const df = Math.min(frequency, documents)
  return Math.log1p((documents - df + 0.5) / (df + 0.5))
}

/**
 * Weights query tokens by their rarity in the searched index, heaviest first, ties by id. A piece without a weight in
 * the table is not searched here either.
 *
 * @param tokens tokens with the weights of the model's table
 * @returns tokens with weights in (0, 64]
 */
export function weightByCorpus(
  tokens: readonly QueryToken[],
  idf: Exclude<QueryIdf, 'model'>,
  { documents, frequencies }: CorpusFrequencies,
): QueryToken[] {
  const share = { corpus: 1, blend: 0.5, auto: 0.5 * Math.min(1, documents / TRUSTED_DOCUMENTS) }[idf]
  return tokens
    .map((token) => {
      const corpus = inverseDocumentFrequency(documents, frequencies.get(token.token) ?? 0)
      const weight = Math.min((1 - share) * token.weight + share * corpus, LARGEST_QUERY_WEIGHT)
      return { ...token, weight }
    })
    .sort((a, b) => b.weight - a.weight || a.tokenId - b.tokenId)
}
