import { z } from 'zod'
import { documentText } from '../../mappings/index.ts'
import { sparseQuery } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { LARGEST_QUERY_WEIGHT, type QueryToken } from '../../sparse/query/encode-query.ts'
import { explain } from '../../sparse/query/explain.ts'
import { textStart } from '../../sparse/text-start.ts'
import { readDocument, scopedSearch } from './documents.ts'
import { filterClauses, filtersSchema } from './filters.ts'
import { hitLine, hitOf } from './hit.ts'
import { documentId, hitsSchema, indexName, limit } from './hit-schema.ts'
import type { Scope } from './scope.ts'
import { type DocumentTool, NOTICE } from './tool.ts'

/** Number of word pieces of a vector that take part: the heaviest show what a document is about. */
const PIECES = 48

const input = z.strictObject({ id: documentId, index: indexName, filters: filtersSchema.optional(), limit })

const output = hitsSchema.extend({ id: z.string() })

/** The tool `find_similar`. */
export const findSimilarTool: DocumentTool<typeof input, typeof output> = {
  name: 'find_similar',
  title: 'Find similar documents',
  description: 'Documents about the same things as one that is known by its id.',
  input,
  output,
  async run(scope, { id, index: asked, filters = [], limit }, signal) {
    const index = await scope.index(asked)
    const { client, resources } = scope
    const { specification, vectorType, vectorsInSource } = await resources.cache.target(client, index)
    const { fields, sparse_field: field } = specification
    if (!vectorsInSource) {
      throw new LexpandError(
        'INDEX',
        `[tools] expected vectors in the _source of ${index}, got a mapping that leaves them out. Search with words of the document instead.`,
      )
    }
    const filterFields = await scope.filterFields(index)
    const { source } = await readDocument(scope, { index, id, source: [field] }, signal)
    const tokens = heaviest(vectorOf(source, field), resources, id)
    const query = sparseQuery({ field, vectorType, tokens, filter: filterClauses(filters, filterFields) })
    const reply = await scopedSearch(
      scope,
      {
        index,
        size: limit,
        query: { bool: { must: [query], must_not: [{ ids: { values: [id] } }] } },
        source: { includes: [...fields, field, ...filterFields.map(({ name }) => name)] },
      },
      signal,
    )
    const hits = reply.hits.hits.map(({ _id = '', _score, _source }) => {
      const found = (_source ?? {}) as Record<string, unknown>
      const explanation = explain(tokens, vectorOf(found, field), piecesOf(found, fields, resources))
      const raw = { index, id: _id, score: Number(_score ?? 0), source: found, explanation }
      return hitOf(raw, fields, filterFields)
    })
    return { index, id, hits, more: hits.length === limit, notice: NOTICE }
  },
  text: ({ index, id, hits }) =>
    [
      `${hits.length} documents of ${index} similar to ${JSON.stringify(id)}. ${NOTICE}`,
      ...hits.map((hit, at) => hitLine(hit, at + 1)),
    ].join('\n'),
}

/** Number of UTF-16 units of a text that are read for its words. */
const READ_UNITS = 20_000

function piecesOf(
  source: Readonly<Record<string, unknown>>,
  fields: readonly string[],
  { tokenizer }: Scope['resources'],
): ReadonlySet<string> {
  const found = documentText(source, fields)
  const text = 'text' in found ? textStart(found.text, READ_UNITS) : ''
  return new Set(Array.from(tokenizer.tokenize(text), (id) => tokenizer.piece(id) ?? ''))
}

function vectorOf(source: Readonly<Record<string, unknown>>, field: string): Map<string, number> {
  const stored = Object.hasOwn(source, field) ? source[field] : undefined
  if (typeof stored !== 'object' || stored === null) return new Map()
  return new Map(Object.entries(stored).map(([piece, weight]) => [piece, Number(weight)]))
}

/** Weights pieces like those of a query: by their weight in the document and their rarity. */
function heaviest(
  vector: ReadonlyMap<string, number>,
  { queryTable, tokenizer }: Scope['resources'],
  id: string,
): QueryToken[] {
  const tokens = Array.from(vector, ([token, weight]) => ({
    token,
    tokenId: tokenizer.idOf(token) ?? -1,
    weight: Math.min(LARGEST_QUERY_WEIGHT, weight * queryTable.weight(token)),
  }))
    .filter(({ token, weight }) => weight > 0 && !token.includes('.'))
    .sort((a, b) => b.weight - a.weight || (a.token < b.token ? -1 : 1))
    .slice(0, PIECES)
  if (tokens.length > 0) return tokens
  throw new LexpandError(
    'QUERY',
    `[tools] expected a document with a vector, got ${JSON.stringify(textStart(id, 120))} without one. It waits to be encoded, or has no text: search with its words instead.`,
  )
}
