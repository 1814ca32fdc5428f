import { z } from 'zod'
import { boundedCopy } from './bounded-copy.ts'
import { documentUri, readDocument } from './documents.ts'
import { documentId, indexName } from './hit-schema.ts'
import { type DocumentTool, NOTICE } from './tool.ts'

/** Number of UTF-16 units of a document in one answer. */
export const DOCUMENT_UNITS = 40_000

const input = z.strictObject({
  id: documentId,
  index: indexName,
  offset: z
    .number()
    .int()
    .min(0)
    .max(10_000_000)
    .default(0)
    .describe('Characters of text to leave out: next_offset of the answer before'),
})

const output = z.object({
  index: z.string(),
  id: z.string(),
  uri: z.string(),
  fields: z.record(z.string(), z.unknown()).describe('The document as it is stored'),
  cut: z.boolean().describe('Whether something did not fit into this answer'),
  next_offset: z.number().optional().describe('Where to read on'),
  notice: z.string(),
})

/** The tool `get_document`. */
export const getDocumentTool: DocumentTool<typeof input, typeof output> = {
  name: 'get_document',
  title: 'Read a document',
  description: `Read a document by its id, ${DOCUMENT_UNITS} characters at a time.`,
  input,
  output,
  async run(scope, { id, index: asked, offset }, signal) {
    const index = await scope.index(asked)
    const document = await readDocument(scope, { index, id }, signal)
    const { copy, isCut, shown } = boundedCopy(document.source, { units: DOCUMENT_UNITS, skip: offset })
    return {
      index,
      id: document.id,
      uri: documentUri(index, document.id),
      fields: copy,
      cut: isCut,
      // Without further text another call would return the same.
      next_offset: isCut && shown > 0 ? offset + shown : undefined,
      notice: NOTICE,
    }
  },
  text: ({ index, id, fields, cut, next_offset }) =>
    [
      `Document ${JSON.stringify(id)} of ${index}${cut ? ', cut' : ''}${next_offset === undefined ? '' : `: read on with offset ${next_offset}`}. ${NOTICE}`,
      JSON.stringify(fields),
    ].join('\n'),
}
