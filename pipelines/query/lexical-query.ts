import { LexpandError } from '../../sparse/errors.ts'
import { filtered, type QueryClause } from './query-builder.ts'

/**
 * What the other fields add to the best one. nDCG@10 with titles and texts apart, 0 and .4: SciFact .671 and .691,
 * Cranfield .351 and .381, Climate-FEVER (500 queries) .319 and .342; .25 lies between on all three.
 */
const TIE_BREAKER = 0.4

/**
 * BM25 over the text fields, with whatever analyzer they have: `match` for one field, else `multi_match`, where the
 * best field counts and the others add a little.
 */
export function lexicalQuery(
  fields: readonly string[],
  text: string,
  filter: readonly QueryClause[] = [],
): QueryClause {
  const [only] = fields
  if (only === undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      '[query] expected text fields to search, got none. Name at least one.',
    )
  }
  const query: QueryClause =
    fields.length === 1
      ? { match: { [only]: { query: text } } }
      : { multi_match: { query: text, fields: [...fields], tie_breaker: TIE_BREAKER } }
  return filtered(query, filter)
}
