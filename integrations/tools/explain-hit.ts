import { z } from 'zod'
import { search } from '../../pipelines/index.ts'
import { documentUri, readDocument } from './documents.ts'
import { excerptOf, reasonsOf, rounded } from './hit.ts'
import { documentId, indexName, mode, queryText, reasonSchema } from './hit-schema.ts'
import { type DocumentTool, NOTICE } from './tool.ts'

const REASONS = 50

const input = z.strictObject({ query: queryText, id: documentId, index: indexName, mode })

const output = z.object({
  index: z.string(),
  id: z.string(),
  uri: z.string(),
  matches: z.boolean(),
  score: z.number(),
  sparse_score: z.number().optional().describe('Part of the score that comes from meaning'),
  text_score: z.number().optional().describe('Part of the score that comes from words of the text'),
  words: z.array(reasonSchema),
  excerpt: z.string(),
  notice: z.string(),
})

/** The tool `explain_hit`. */
export const explainHitTool: DocumentTool<typeof input, typeof output> = {
  name: 'explain_hit',
  title: 'Explain a hit',
  description:
    'Why a document is found by a query, or that it is not: every word that counts, with its part of the score.',
  input,
  output,
  async run(scope, { query, id, index: asked, mode }, signal) {
    const index = await scope.index(asked)
    const { client, resources } = scope
    const { specification } = await resources.cache.target(client, index)
    const { hits } = await search(client, resources, {
      index,
      text: query,
      mode,
      size: 1,
      filter: [...scope.filter, { ids: { values: [id] } }],
      explain: true,
      highlight: { before: '', after: '', fragmentLength: 280, fragments: 2 },
      // The first hits of this search are the document alone: it would explain itself.
      feedback: 'off',
      sourceFields: specification.fields,
      timeoutMs: scope.timeoutMs,
      signal,
    })
    const [hit] = hits
    // Nothing found: says so if the document is not there, either.
    const { source } = hit ?? (await readDocument(scope, { index, id, source: specification.fields }, signal))
    return {
      index,
      id,
      uri: documentUri(index, id),
      matches: hit !== undefined,
      score: rounded(hit?.score ?? 0),
      sparse_score: hit?.shares && rounded(hit.shares.sparse),
      text_score: hit?.shares && rounded(hit.shares.lexical),
      words: reasonsOf(hit?.explanation ?? [], REASONS),
      excerpt: excerptOf(source, specification.fields, hit?.highlights ?? []),
      notice: NOTICE,
    }
  },
  text({ index, id, matches, score, text_score, words, excerpt }) {
    const name = `Document ${JSON.stringify(id)} of ${index}`
    if (!matches) return `${name} is not found by this query: ${JSON.stringify(excerpt)}. ${NOTICE}`
    const parts = words.map(({ word, score, in_text }) => `${word}${in_text ? '' : '*'} ${score}`)
    const text = text_score === undefined ? [] : [`words of the text ${text_score}`]
    return [
      `${name} scores ${score}: ${JSON.stringify([...parts, ...text].join(' + '))} (* stands not in the text). ${NOTICE}`,
      JSON.stringify(excerpt),
    ].join('\n')
  },
}
