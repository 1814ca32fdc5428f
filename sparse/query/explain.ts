import { truncateToFeatureField } from '../vectors/stored-weight.ts'
import type { QueryToken } from './encode-query.ts'

/** One word piece of the query that the document's vector holds: a reason why the document matched. */
export interface TokenContribution {
  readonly token: string
  readonly queryWeight: number
  /** Weight in the document as the engine stores it, in the precision of the field's type. */
  readonly documentWeight: number
  /** queryWeight x documentWeight; the contributions of a hit add up to its score. */
  readonly contribution: number
  /** True when the piece occurs nowhere in the document's text: the encoder added it. */
  readonly expansion: boolean
  /** True when the query does not have the piece: the first hits have added it. Absent elsewhere. */
  readonly feedback?: true | undefined
}

/**
 * @param documentWeights the stored map, piece -> weight
 * @param textPieces word pieces of the document's text
 * @param asStored rounds a weight as the engine stores it
 * @default that of `rank_features`
 * @returns matching pieces, largest contribution first, ties by piece
 */
export function explain(
  tokens: readonly QueryToken[],
  documentWeights: ReadonlyMap<string, number>,
  textPieces: ReadonlySet<string>,
  asStored: (weight: number) => number = truncateToFeatureField,
): TokenContribution[] {
  const contributions: TokenContribution[] = []
  for (const { token, weight: queryWeight } of tokens) {
    const stored = documentWeights.get(token)
    if (stored === undefined) continue
    const documentWeight = asStored(stored)
    contributions.push({
      token,
      queryWeight,
      documentWeight,
      contribution: queryWeight * documentWeight,
      expansion: !textPieces.has(token),
    })
  }
  return contributions.sort((a, b) => b.contribution - a.contribution || (a.token < b.token ? -1 : 1))
}

/** Exact dot product of query and document weights; the engine's score approximates it from below. */
export function score(tokens: readonly QueryToken[], documentWeights: ReadonlyMap<string, number>): number {
  return tokens.reduce((sum, { token, weight }) => sum + weight * (documentWeights.get(token) ?? 0), 0)
}
