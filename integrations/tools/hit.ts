import { documentText } from '../../mappings/index.ts'
import type { TokenContribution } from '../../sparse/query/explain.ts'
import { textStart } from '../../sparse/text-start.ts'
import { boundedCopy } from './bounded-copy.ts'
import { documentUri } from './documents.ts'
import type { FilterField } from './filter-fields.ts'
import type { Hit } from './hit-schema.ts'

/** UTF-16 units of an excerpt, number of reasons of a hit, and UTF-16 units of its values. */
const EXCERPT_UNITS = 600
const REASONS = 8
const VALUE_UNITS = 1_000

export interface RawHit {
  readonly index: string
  readonly id: string
  readonly score: number
  readonly source: Readonly<Record<string, unknown>>
  readonly highlights?: readonly string[] | undefined
  readonly explanation?: readonly TokenContribution[] | undefined
}

/** A hit in the form for agents, within its bounds. @param textFields text fields of the specification */
export function hitOf(
  { index, id, score, source, highlights = [], explanation = [] }: RawHit,
  textFields: readonly string[],
  filterFields: readonly FilterField[],
): Hit {
  return {
    id,
    uri: documentUri(index, id),
    score: rounded(score),
    excerpt: excerptOf(source, textFields, highlights),
    fields: boundedCopy(valuesOf(source, textFields, filterFields), { units: VALUE_UNITS }).copy,
    why: reasonsOf(explanation, REASONS),
  }
}

export function reasonsOf(explanation: readonly TokenContribution[], most: number): Hit['why'] {
  return explanation.slice(0, most).map(({ token, contribution, expansion }) => ({
    word: token,
    score: rounded(contribution),
    in_text: !expansion,
  }))
}

/** Matched places, or the beginning of the text. */
export function excerptOf(
  source: Readonly<Record<string, unknown>>,
  textFields: readonly string[],
  highlights: readonly string[],
): string {
  const found = documentText(source, textFields)
  const text = highlights.length > 0 ? highlights.join(' ... ') : 'text' in found ? found.text : ''
  return textStart(text.replace(/\s+/g, ' ').trim(), EXCERPT_UNITS)
}

/** One line of a hit; quotations of the document are JSON strings. */
export function hitLine({ id, score, excerpt, why }: Hit, rank: number): string {
  const words = why.map(({ word, in_text }) => `${word}${in_text ? '' : '*'}`).join(' ')
  return `${rank}. id ${JSON.stringify(id)} score ${score}: ${JSON.stringify(excerpt)}${words === '' ? '' : ` (by: ${JSON.stringify(words)})`}`
}

export function rounded(score: number): number {
  return Number(score.toFixed(4))
}

function valuesOf(
  source: Readonly<Record<string, unknown>>,
  textFields: readonly string[],
  filterFields: readonly FilterField[],
): Record<string, unknown> {
  const entries = filterFields
    .filter(({ name }) => !textFields.includes(name))
    .map(({ name }) => [name, valueAt(source, name)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null))
}

function valueAt(node: unknown, path: string): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return undefined
  if (Object.hasOwn(node, path)) return (node as Record<string, unknown>)[path]
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot)
    if (Object.hasOwn(node, head))
      return valueAt((node as Record<string, unknown>)[head], path.slice(dot + 1))
  }
  return undefined
}
