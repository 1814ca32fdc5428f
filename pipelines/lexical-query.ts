import { LexpandError } from '../sparse/errors.ts'
import { filtered, type QueryClause } from './query-builder.ts'

/**
 * BM25 over the text fields, with whatever analyzer they have: `match` for one field, else `multi_match`
 * (best field counts).
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
      : { multi_match: { query: text, fields: [...fields] } }
  return filtered(query, filter)
}
