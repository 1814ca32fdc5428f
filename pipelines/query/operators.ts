import type { LexicalFields } from '../../mappings/index.ts'
import { lexicalQuery } from './lexical-query.ts'
import type { QueryClause } from './query-builder.ts'

/** A query as people type it, taken apart. */
export interface TypedQuery {
  /** What is searched for: the text without marks and exclusions. */
  readonly text: string
  /** Stood in double quotes: a hit has them word by word. */
  readonly phrases: readonly string[]
  /** Stood behind a minus: a hit has none of them. */
  readonly exclusions: readonly string[]
}

/**
 * `"quoted phrases"` and `-exclusions`, of a word or a phrase. A minus counts at the start of a word that begins with a letter, so that
 * -5, well-known and a dash are text; a quotation mark without its partner is text. Typographic quotation marks are text, too.
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

/** What a hit must have, and must not have, as clauses that do not count for the score. */
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
