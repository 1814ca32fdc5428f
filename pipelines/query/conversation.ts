import type { LexicalFields } from '../../mappings/index.ts'
import type { QueryToken } from '../../sparse/query/encode-query.ts'
import { leadingTerms } from './leading-terms.ts'
import { lexicalQuery } from './lexical-query.ts'
import { filtered, type QueryClause } from './query-builder.ts'

/** Weight of a question of the previous turn; the one before that has the square of it. */
export const TURN_DECAY = 0.2

/** Number of earlier turns that are read; the weight of the sixth is below a ten-thousandth. */
export const LONGEST_HISTORY = 6

/** Number of words of an earlier turn that take part. */
const LONGEST_TURN = 64

/** A text and the weight of its words. */
export interface WeightedText {
  readonly text: string
  /** In (0, 1]. */
  readonly weight: number
}

/** The question and the earlier turns, newest first, as far as they take part. @param history earlier questions, oldest first */
export function turnsOf(text: string, history: readonly string[]): string[] {
  const earlier = history.toReversed().slice(0, LONGEST_HISTORY)
  return [text, ...earlier.map((turn) => leadingTerms(turn, LONGEST_TURN))]
}

/**
 * Gives each turn its weight. A word that a later turn has, too, keeps the weight of that turn, so it is left out of
 * the earlier ones.
 *
 * @param turns newest first
 */
export function weightedTexts(turns: readonly string[]): WeightedText[] {
  const seen = new Set<string>()
  return turns
    .map((turn, age) => {
      const words = (turn.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).filter((word) => !seen.has(word.toLowerCase()))
      for (const word of words) seen.add(word.toLowerCase())
      return { text: age === 0 ? turn : words.join(' '), weight: TURN_DECAY ** age }
    })
    .filter(({ text }) => text !== '')
}

/** BM25 of a conversation: the sum over its turns. @throws LexpandError as `lexicalQuery` does */
export function conversationQuery(
  fields: LexicalFields,
  turns: readonly WeightedText[],
  filter: readonly QueryClause[],
): QueryClause {
  const should = turns.map(({ text, weight }) => boosted(lexicalQuery(fields, text), weight))
  const [only] = should
  return filtered(should.length === 1 && only !== undefined ? only : { bool: { should } }, filter)
}

/** Puts a boost around a query, unless it is 1. */
export function boosted(query: QueryClause, boost: number): QueryClause {
  return Math.abs(boost - 1) < 1e-9 ? query : { bool: { must: [query], boost } }
}

/**
 * Word pieces of a whole conversation: each has the largest of its decayed weights.
 *
 * @param turns tokens of each turn, newest first
 * @returns tokens, heaviest first, ties by id
 */
export function mergeTurns(turns: readonly (readonly QueryToken[])[]): QueryToken[] {
  const merged = new Map<string, QueryToken>()
  for (const [age, tokens] of turns.entries()) {
    for (const token of tokens) {
      const weight = token.weight * TURN_DECAY ** age
      if (weight > (merged.get(token.token)?.weight ?? 0)) merged.set(token.token, { ...token, weight })
    }
  }
  return [...merged.values()].sort((a, b) => b.weight - a.weight || a.tokenId - b.tokenId)
}
