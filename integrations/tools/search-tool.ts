import { z } from 'zod'
import { search } from '../../pipelines/index.ts'
import { filterClauses, filtersSchema } from './filters.ts'
import { hitLine, hitOf } from './hit.ts'
import { hitsSchema, indexName, limit, mode, queryText } from './hit-schema.ts'
import { type DocumentTool, NOTICE } from './tool.ts'

const input = z.strictObject({
  query: queryText,
  index: indexName,
  filters: filtersSchema.optional(),
  limit,
  offset: z.number().int().min(0).max(1_000).default(0).describe('Hits to leave out, for the next page'),
  mode,
})

const output = hitsSchema.extend({ mode: z.enum(['hybrid', 'sparse', 'bm25']) })

/** The tool `search`. */
export const searchTool: DocumentTool<typeof input, typeof output> = {
  name: 'search',
  title: 'Search documents',
  description:
    'Find documents by meaning and by words. Returns ids, scores, excerpts and the words that matched. Narrow by filters on fields that list_indices shows; read a whole document with get_document.',
  input,
  output,
  async run(scope, { query, index: asked, filters = [], limit, offset, mode }, signal) {
    const index = await scope.index(asked)
    const { client, resources } = scope
    const [fields, { specification }] = await Promise.all([
      scope.filterFields(index),
      resources.cache.target(client, index),
    ])
    const result = await search(client, resources, {
      index,
      text: query,
      mode,
      size: limit,
      from: offset,
      filter: [...scope.filter, ...filterClauses(filters, fields)],
      explain: true,
      highlight: { before: '', after: '', fragmentLength: 280, fragments: 2 },
      sourceFields: [...new Set([...specification.fields, ...fields.map(({ name }) => name)])],
      timeoutMs: scope.timeoutMs,
      signal,
    })
    return {
      index,
      mode: result.mode,
      hits: result.hits.map((hit) => hitOf({ ...hit, index }, specification.fields, fields)),
      more: result.hits.length === limit,
      notice: NOTICE,
    }
  },
  text: ({ index, mode, hits, more }) =>
    [
      `${hits.length} hits in ${index} by ${mode}${more ? '; more may follow (offset)' : ''}. ${NOTICE}`,
      ...hits.map((hit, at) => hitLine(hit, at + 1)),
    ].join('\n'),
}
