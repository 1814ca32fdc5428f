import { parseExactly } from '../../sparse/exact-json.ts'
import { shorten } from '../record.ts'

/** Parses a JSON object and keeps its numbers as written. @returns the object, or a description of the mistake in the text */
export function parseObject(text: string): Record<string, unknown> | string {
  let value: unknown
  try {
    value = parseExactly(text)
  } catch (error) {
    return `expected a JSON object, got malformed JSON (${error instanceof Error ? error.message : String(error)})`
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && text.trimStart()[0] === '{')
    return { ...value }
  return `expected a JSON object, got ${Array.isArray(value) ? 'an array' : shorten(value)}`
}
