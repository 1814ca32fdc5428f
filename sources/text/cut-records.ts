import { createHash } from 'node:crypto'
import type { SourceRecord } from '../record.ts'
import { passages } from './passages.ts'

/** Field with the id of the document that a passage was cut from; a keyword, for `collapse`. */
export const PARENT_FIELD = 'parent_id'
/** Field with the number of a passage in its document, from 1. */
export const PASSAGE_FIELD = 'passage'

export const PASSAGE_MAPPING = { [PARENT_FIELD]: { type: 'keyword' }, [PASSAGE_FIELD]: { type: 'integer' } }

/**
 * Cuts documents into passages, each a document of its own: the longest text field is cut, all other fields are
 * repeated. A passage has the id `ID#1`, `ID#2`, ..., and its document's id in `parent_id`. A document of a single
 * passage gets `ID#1`, too.
 *
 * @param fields text fields at the top level; others are repeated whole
 * @param words approximate number of words of a passage
 */
export async function* cutRecords(
  records: AsyncIterable<SourceRecord>,
  fields: readonly string[],
  words: number,
): AsyncGenerator<SourceRecord> {
  for await (const record of records) {
    const { source } = record
    const id = record.id ?? idFromContent(source)
    const [field, text] = longestText(source, fields) ?? []
    const parts = text === undefined ? [] : passages(text, words)
    for (const [at, part] of (parts.length === 0 ? [text] : parts).entries()) {
      const number = at + 1
      yield {
        ...record,
        id: `${id}#${number}`,
        source: {
          ...source,
          ...(field === undefined ? {} : { [field]: part }),
          [PARENT_FIELD]: id,
          [PASSAGE_FIELD]: number,
        },
      }
    }
  }
}

function longestText(
  source: Record<string, unknown>,
  fields: readonly string[],
): [string, string] | undefined {
  const texts = fields.flatMap((field): [string, string][] => {
    const value = Object.hasOwn(source, field) ? source[field] : undefined
    if (typeof value === 'string') return [[field, value]]
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string')
    return isList ? [[field, value.join('\n\n')]] : []
  })
  return texts.sort(([, a], [, b]) => b.length - a.length)[0]
}

/** Makes the id from the content, so that the same document has the same id in the next run. */
function idFromContent(source: object): string {
  return createHash('sha256').update(JSON.stringify(source)).digest('base64url').slice(0, 22)
}
