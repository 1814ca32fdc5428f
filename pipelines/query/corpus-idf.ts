import { LARGEST_QUERY_WEIGHT, type QueryToken } from '../../sparse/query/encode-query.ts'

/**
 * model: the weights of the model's query table. corpus: rarity in the searched index alone. blend: half of each.
 * auto: blend, with less of the index while it has fewer than {@link TRUSTED_DOCUMENTS}.
 */
export type QueryIdf = 'auto' | 'model' | 'corpus' | 'blend'

/** Documents with a vector from which on an index's own counts weigh half under `auto`; below, in proportion. */
export const TRUSTED_DOCUMENTS = 1_000

/** How often word pieces occur in an index, at one instant. */
export interface CorpusFrequencies {
  /** Documents with a vector: the N of the formula. */
  readonly documents: number
  /** Piece -> documents that carry it in the sparse field, expansions included: its posting list's length. */
  readonly frequencies: ReadonlyMap<string, number>
}

/**
 * ln(1 + (N - df + .5) / (df + .5)), the IDF of BM25 in Lucene's form: above 0 for every df of 0 to N.
 *
 * @param frequency df; one above N (counted a moment later than N) counts as N
 */
export function inverseDocumentFrequency(documents: number, frequency: number): number {
  const df = Math.min(frequency, documents)
  return Math.log1p((documents - df + 0.5) / (df + 0.5))
}

/**
 * Query tokens weighted by how rare they are in the searched index, heaviest first, ties by id. A piece that the
 * table does not query is not queried here either.
 *
 * @param tokens of the model's table
 * @returns weights in (0, 64]
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
