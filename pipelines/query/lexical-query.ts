import type { LexicalFields } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { filtered, type QueryClause } from './query-builder.ts'

/**
 * What the other fields add to the best one. nDCG@10 with titles and texts apart, 0 and .4: SciFact .671 and .691,
 * Cranfield .351 and .381, Climate-FEVER (500 queries) .319 and .342; .25 lies between on all three.
 */
const TIE_BREAKER = 0.4

/**
 * BM25 over the text fields, with whatever analyzer they have: the best field counts and the others add a little. Text
 * in `nested` objects is asked inside of them, where the best object counts.
 *
 * @throws LexpandError QUERY where no query can reach a text field (`index: false`)
 */
export function lexicalQuery(
  { plain, nested = {} }: LexicalFields,
  text: string,
  filter: readonly QueryClause[] = [],
): QueryClause {
  const queries = [
    ...(plain.length === 0 ? [] : [matchAny(plain, text)]),
    ...Object.entries(nested).map(
      ([path, fields]): QueryClause => ({
        nested: { path, score_mode: 'max', query: matchAny(fields, text) },
      }),
    ),
  ]
  const [only] = queries
  if (only === undefined) {
    throw new LexpandError(
      'QUERY',
      '[query] expected text fields that words can find, got fields with index false only. Search in mode sparse, or reindex with a mapping that indexes the text.',
    )
  }
  return filtered(queries.length === 1 ? only : { dis_max: { queries, tie_breaker: TIE_BREAKER } }, filter)
}

function matchAny(fields: readonly string[], query: string): QueryClause {
  const [only] = fields
  return fields.length === 1 && only !== undefined
    ? { match: { [only]: { query } } }
    : { multi_match: { query, fields: [...fields], tie_breaker: TIE_BREAKER } }
}
