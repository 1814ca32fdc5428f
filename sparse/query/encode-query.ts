import { indexablePiece } from '../word-pieces/indexable.ts'
import type { WordPieceTokenizer } from '../word-pieces/tokenizer.ts'
import type { QueryTable } from './query-table.ts'

/** One word piece of a query. */
export interface QueryToken {
  readonly token: string
  readonly tokenId: number
  /** In (0, 64]: Lucene's FeatureField.newLinearQuery refuses larger weights. */
  readonly weight: number
}

/** Lucene's MAX_WEIGHT for a feature query. */
export const LARGEST_QUERY_WEIGHT = 64

/**
 * Turns a query into distinct weighted word pieces, heaviest first, ties by id. A repeated word counts once, as in the
 * models' training. Empty when no part of the text can be searched for; the caller decides what to do.
 *
 * @param text a user's query; it is read to its end, so bound its length before
 */
export function encodeQuery(text: string, tokenizer: WordPieceTokenizer, table: QueryTable): QueryToken[] {
  const tokens: QueryToken[] = []
  for (const tokenId of new Set(tokenizer.tokenize(text))) {
    const token = indexablePiece(tokenId, tokenizer)
    if (token === undefined) continue
    const weight = Math.min(table.weight(token), LARGEST_QUERY_WEIGHT)
    if (weight > 0) tokens.push({ token, tokenId, weight })
  }
  return tokens.sort((a, b) => b.weight - a.weight || a.tokenId - b.tokenId)
}
