import { textStart } from '../../sparse/text-start.ts'
import type { SourceRecord } from '../record.ts'
import { htmlText } from './html.ts'

/**
 * Replaces HTML in fields by the text that a reader of the page sees, without tags, scripts and styles. Strings in
 * lists are converted, too.
 *
 * @param fields dotted paths
 */
export async function* withoutMarkup(
  records: AsyncIterable<SourceRecord>,
  fields: readonly string[],
): AsyncGenerator<SourceRecord> {
  for await (const record of records) {
    const source = fields.reduce((object, field) => convertAt(object, field), record.source)
    yield { ...record, source }
  }
}

/** Finds fields most of whose values look like HTML. @param fields fields to inspect */
export function findHtmlFields(
  sample: readonly Pick<SourceRecord, 'source'>[],
  fields: readonly string[],
): string[] {
  return fields.filter((field) => {
    const texts = sample.map(({ source }) => source[field]).filter((value) => typeof value === 'string')
    return texts.length > 0 && texts.filter(isHtml).length * 2 > texts.length
  })
}

/** Closed elements, or single ones of a page; `a < b` and `<T>` do not match. */
const MARKUP =
  /<(p|div|span|a|b|i|em|strong|ul|ol|li|h[1-6]|table|tr|td|html|body|script|style)(\s[^<>]*)?>[\s\S]*<\/\1\s*>|<(br|hr|img|p|li)(\s[^<>]*)?\/?>/i
const LOOKED_AT_UNITS = 10_000

function isHtml(text: string): boolean {
  return MARKUP.test(textStart(text, LOOKED_AT_UNITS))
}

function convertAt(object: Record<string, unknown>, path: string): Record<string, unknown> {
  const converted = { ...object }
  if (Object.hasOwn(object, path)) converted[path] = convertValue(object[path])
  const dot = path.indexOf('.')
  const head = path.slice(0, Math.max(0, dot))
  if (dot > 0 && Object.hasOwn(object, head))
    converted[head] = convertInside(object[head], path.slice(dot + 1))
  return converted
}

function convertInside(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => convertInside(item, path))
  return typeof value === 'object' && value !== null
    ? convertAt(value as Record<string, unknown>, path)
    : value
}

function convertValue(value: unknown): unknown {
  if (typeof value === 'string') return htmlText(value).text
  return Array.isArray(value) ? value.map(convertValue) : value
}
