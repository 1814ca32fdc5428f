import type { LexicalFields } from '../../mappings/index.ts'
import { lexicalQuery } from './lexical-query.ts'
import type { QueryClause } from './query-builder.ts'

/** The parts of a query as people type it. */
export interface TypedQuery {
  /** The text to search for, without marks and exclusions. */
  readonly text: string
  /** Phrases in double quotes: a hit contains each of them. */
  readonly phrases: readonly string[]
  /** Words or phrases behind a minus: a hit contains none of them. */
  readonly exclusions: readonly string[]
}

/**
 * Finds `"quoted phrases"` and `-exclusions`, of a word or a phrase. A minus counts only at the start of a word that
 * begins with a letter, so that -5, well-known and a dash are text; a quotation mark without its partner is text.
 * Typographic quotation marks are text, too.
 */
export function parseOperators(typed: string): TypedQuery {
  const phrases: string[] = []
  const exclusions: string[] = []
  const text = typed.replace(
    OPERATORS,
    (whole, minus: string | undefined, quoted: string | undefined, word: string | undefined) => {
      const inner = (quoted ?? word ?? '').trim()
      if (!/[\p{L}\p{N}]/u.test(inner)) return whole
      if (minus !== undefined || word !== undefined) {
        exclusions.push(inner)
        return ' '
      }
      phrases.push(inner)
      return inner
    },
  )
  return { text: text.trim(), phrases, exclusions }
}

/** A quoted phrase with or without a minus, or a minus before a word. */
const OPERATORS = /(?<![^\s])(-)?"([^"]+)"(?=$|[\s.,;:!?)])|(?<![^\s])-(\p{L}\S*)/gu

/** Clauses for what a hit must and must not have; they do not change the score. */
export function operatorFilters(
  { phrases, exclusions }: Pick<TypedQuery, 'phrases' | 'exclusions'>,
  fields: LexicalFields,
): QueryClause[] {
  const excluded = exclusions.map((words) => lexicalQuery(fields, words, [], 'phrase'))
  return [
    ...phrases.map((words) => lexicalQuery(fields, words, [], 'phrase')),
    ...(excluded.length === 0 ? [] : [{ bool: { must_not: excluded } }]),
  ]
}
