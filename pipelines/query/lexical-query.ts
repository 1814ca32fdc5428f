import type { LexicalFields } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { filtered, type QueryClause } from './query-builder.ts'

/**
 * Share of the other fields beside the best one. nDCG@10 with titles and texts apart, at 0 and .4: SciFact .671 and
 * .691, Cranfield .351 and .381, Climate-FEVER (500 queries) .319 and .342; .25 lies between on all three.
 */
const TIE_BREAKER = 0.4

/**
 * BM25 over the text fields with their own analyzers: the best field counts, and the others add a little. Text in
 * `nested` objects is searched inside them, where the best object counts.
 *
 * @param match words: any of them. phrase: all, in their order
 * @throws LexpandError QUERY where no query can reach a text field (`index: false`)
 */
export function lexicalQuery(
  { plain, nested = {} }: LexicalFields,
  text: string,
  filter: readonly QueryClause[] = [],
  match: 'words' | 'phrase' = 'words',
): QueryClause {
  const queries = [
    ...(plain.length === 0 ? [] : [matchAny(plain, text, match)]),
    ...Object.entries(nested).map(
      ([path, fields]): QueryClause => ({
        nested: { path, score_mode: 'max', query: matchAny(fields, text, match) },
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

function matchAny(fields: readonly string[], query: string, match: 'words' | 'phrase'): QueryClause {
  const [only] = fields
  if (fields.length === 1 && only !== undefined) {
    return match === 'phrase' ? { match_phrase: { [only]: { query } } } : { match: { [only]: { query } } }
  }
  const type = match === 'phrase' ? ({ type: 'phrase' } as const) : {}
  return { multi_match: { query, fields: [...fields], tie_breaker: TIE_BREAKER, ...type } }
}
