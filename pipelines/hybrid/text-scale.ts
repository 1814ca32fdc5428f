import type { Client } from '@opensearch-project/opensearch'
import type { LexicalFields } from '../../mappings/index.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import { lexicalQuery } from '../query/lexical-query.ts'

/** What the engine says about a score: a tree of named values. */
export interface Explained {
  readonly value: number
  readonly description: string
  readonly details?: readonly Explained[] | undefined
}

/**
 * How many times the BM25 of OpenSearch 3, which balances are measured with, the BM25 of an index is. OpenSearch 2 multiplies every
 * score by k1 + 1 (2.2; Lucene's LegacyBM25Similarity), and so does an index of today that asks for it. One hit's
 * explanation tells; a user who may search may ask for it.
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

/** The factor of a term's score that is not rarity and frequency; the engine leaves out a factor of 1. */
export function scaleIn({ value, description, details = [] }: Explained): number {
  if (description === 'boost') return value
  return details.map(scaleIn).find((scale) => scale !== 1) ?? 1
}
