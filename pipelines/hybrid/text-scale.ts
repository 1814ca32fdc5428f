import type { Client } from '@opensearch-project/opensearch'
import type { LexicalFields } from '../../mappings/index.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import { lexicalQuery } from '../query/lexical-query.ts'

/** The engine's explanation of a score: a tree of named values. */
export interface Explained {
  readonly value: number
  readonly description: string
  readonly details?: readonly Explained[] | undefined
}

/**
 * Ratio of the BM25 of an index to that of OpenSearch 3, with which balances were measured. OpenSearch 2 multiplies
 * every score by k1 + 1 (2.2; Lucene's LegacyBM25Similarity), and so does a present index with that similarity. The
 * explanation of one hit shows the factor; a user who may search may request it.
 *
 * @returns undefined when the text finds nothing
 */
export async function measureTextScale(
  client: Client,
  index: string,
  fields: LexicalFields,
  text: string,
): Promise<number | undefined> {
  const body = { size: 1, _source: false, explain: true, query: lexicalQuery(fields, text) }
  const reply = await internalSearch(client, { index, body })
  const [hit] = reply.body.hits.hits as readonly { _explanation?: Explained }[]
  return hit?._explanation === undefined ? undefined : scaleIn(hit._explanation)
}

/** The factor of a term's score beside rarity and frequency; the engine omits a factor of 1. */
export function scaleIn({ value, description, details = [] }: Explained): number {
  if (description === 'boost') return value
  return details.map(scaleIn).find((scale) => scale !== 1) ?? 1
}
