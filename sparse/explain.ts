import type { QueryToken } from './query.ts'

/** Why a document matched: one word piece of the query that its vector holds. */
export interface TokenContribution {
  readonly token: string
  readonly queryWeight: number
  /** Weight in the document as the engine has it, nine significant bits. */
  readonly documentWeight: number
  /** queryWeight x documentWeight; the contributions of a hit add up to its score. */
  readonly contribution: number
  /** True when the piece stands nowhere in the document's text: the encoder added it. */
  readonly expansion: boolean
}

/**
 * @param documentWeights the stored map, piece -> weight
 * @param textPieces word pieces of the document's text
 * @returns matching pieces, largest contribution first, ties by piece
 */
export function explain(
  tokens: readonly QueryToken[],
  documentWeights: ReadonlyMap<string, number>,
  textPieces: ReadonlySet<string>,
): TokenContribution[] {
  const contributions: TokenContribution[] = []
  for (const { token, weight: queryWeight } of tokens) {
    const stored = documentWeights.get(token)
    if (stored === undefined) continue
    const documentWeight = truncateToFeatureField(stored)
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

/** Exact dot product of query and document weights, not truncated: what the engine's score approximates from below. */
export function score(tokens: readonly QueryToken[], documentWeights: ReadonlyMap<string, number>): number {
  return tokens.reduce((sum, { token, weight }) => sum + weight * (documentWeights.get(token) ?? 0), 0)
}

/**
 * A weight as Lucene's FeatureField gives it back: the upper 17 bits of the float, that is 8 stored bits of the
 * mantissa. Never above the weight, relative error below 2^-8.
 *
 * @param weight finite, at least the smallest normal float
 */
export function truncateToFeatureField(weight: number): number {
  bits.setFloat32(0, weight)
  bits.setUint32(0, bits.getUint32(0) & ~0x7fff)
  return bits.getFloat32(0)
}

const bits = new DataView(new ArrayBuffer(4))
