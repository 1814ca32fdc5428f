import type { QueryToken } from '../../sparse/query/encode-query.ts'
import { type CorpusFrequencies, inverseDocumentFrequency } from '../query/corpus-idf.ts'

/**
 * Sparse score over BM25, both over what their query weights are: the weights of the model against rarity in the index.
 * Medians over the first ten of every query, blend, pruned at .1: Cranfield 1.35 (quarters 1.15 and 1.61), CoSQA 1.65 (1.34 and 2.10);
 * the lower side is taken, since a document without a vector should not stand on top.
 */
const VECTOR_OVER_TEXT = 1.4

/**
 * What a document without a vector gets beside its share of BM25, as a multiple of BM25: about what its vector would bring, so that fresh
 * documents stand where they will stand when they are encoded, neither buried nor on top.
 *
 * @param tokens as the query weights them, at least one
 */
export function liftFor(
  tokens: readonly Pick<QueryToken, 'token' | 'weight'>[],
  { documents, frequencies }: CorpusFrequencies,
): number {
  const asked = tokens.reduce((sum, { weight }) => sum + weight, 0)
  const rarity = tokens.reduce(
    (sum, { token }) => sum + inverseDocumentFrequency(documents, frequencies.get(token) ?? 0),
    0,
  )
  return (VECTOR_OVER_TEXT * asked) / rarity
}
