import { LexpandError } from '../sparse/errors.ts'
import { nearest } from '../sparse/nearest.ts'
import { allFields, type FieldMapping, fieldAt, type IndexMapping } from './index-mapping.ts'

/**
 * Refuses fields of an existing index that have no text in `_source`, because every document would silently become
 * `empty`: fields that are not mapped, that hold something other than text, or that only the engine fills
 * (multi-fields, targets of `copy_to`, aliases of fields, derived fields).
 *
 * @throws LexpandError INDEX with the field and the one to use instead
 */
export function assertTextFields(fields: readonly string[], mapping: IndexMapping, index: string): void {
  for (const field of fields) {
    const found = fieldAt(mapping.properties ?? {}, field)
    if (found === undefined) throw unmapped(field, mapping, index)
    const type = found.type ?? 'object'
    if (type === 'alias') {
      throw refusal(field, index, `another name of ${found.path}`, `Name ${found.path} instead`)
    }
    if (!TEXT_TYPES.has(type)) {
      throw refusal(field, index, `type ${type}`, TEXT_INSIDE.get(type) ?? 'Name a field that holds text')
    }
    const sources = copiedInto(field, mapping)
    if (sources.length > 0) {
      throw refusal(
        field,
        index,
        `a target of copy_to, which no document holds`,
        `Name what is copied into it instead: ${sources.join(',')}`,
      )
    }
  }
}

/** Types whose documents hold text that workers can read and encode. */
const TEXT_TYPES = new Set([
  'text',
  'match_only_text',
  'annotated_text',
  'search_as_you_type',
  'keyword',
  'wildcard',
  'semantic',
])

/** Advice for types that contain text without a field of its own. */
const TEXT_INSIDE = new Map([
  ['object', 'Name the fields in it, such as FIELD.title'],
  ['nested', 'Name the fields in it, such as FIELD.title'],
  [
    'flat_object',
    'Its values have no analyzer: map the text as a field of type text beside it, and name that',
  ],
])

function unmapped(field: string, mapping: IndexMapping, index: string): LexpandError {
  const properties = mapping.properties ?? {}
  if (Object.hasOwn(mapping.derived ?? {}, field)) {
    return refusal(
      field,
      index,
      'a derived field, which no document holds',
      'Name the fields that its script reads, or store its text in documents',
    )
  }
  const parent = field.slice(0, Math.max(0, field.lastIndexOf('.')))
  const outer = parent === '' ? undefined : fieldAt(properties, parent)
  if (Object.hasOwn(outer?.fields ?? {}, field.slice(parent.length + 1))) {
    return refusal(field, index, `another index of the text of ${parent}`, `Name ${parent} instead`)
  }
  if (outer?.type === 'flat_object') {
    return refusal(
      field,
      index,
      `a value inside of ${parent}, a flat_object`,
      TEXT_INSIDE.get('flat_object') ?? '',
    )
  }
  const names = [...allFields(properties)]
    .filter(([, { type = 'object' }]) => TEXT_TYPES.has(type))
    .map(([path]) => path)
  const close = nearest(field, names)
  const got = names.length === 0 ? 'none with text' : `only ${names.slice(0, 20).join(', ')}`
  const advice =
    close === undefined
      ? 'Check the name, or map the field first'
      : `Did you mean ${close}? Otherwise map the field first`
  return refusal(field, index, got, advice)
}

function copiedInto(target: string, mapping: IndexMapping): string[] {
  return [...allFields(mapping.properties ?? {})]
    .filter(([, { copy_to = [] }]) => [copy_to].flat().includes(target))
    .map(([path]) => path)
}

function refusal(field: string, index: string, got: string, advice: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[mappings] expected a text field ${field} in index ${index}, got ${got}. ${advice}.`,
  )
}

/** The fields in which text is found by words: those of the document, and those inside each `nested` object. */
export interface LexicalFields {
  /** Fields that an ordinary query reaches. */
  readonly plain: readonly string[]
  /** Path of a `nested` object -> fields in it. @default none */
  readonly nested?: Readonly<Record<string, readonly string[]>> | undefined
}

/** Text fields that queries by words can reach. Fields with `index: false` are left out; learned weights find their text nevertheless. */
export function lexicalFields(fields: readonly string[], mapping: IndexMapping): LexicalFields {
  const properties = mapping.properties ?? {}
  const plain: string[] = []
  const nested: Record<string, string[]> = Object.create(null)
  for (const field of fields) {
    if (fieldAt(properties, field)?.index === false) continue
    const path = nestedPath(field, properties)
    if (path === undefined) plain.push(field)
    else nested[path] = [...(nested[path] ?? []), field]
  }
  return { plain, nested }
}

/** Path of the innermost `nested` object around a field. */
function nestedPath(field: string, properties: Readonly<Record<string, FieldMapping>>): string | undefined {
  const steps = field.split('.')
  for (let end = steps.length - 1; end > 0; end--) {
    const path = steps.slice(0, end).join('.')
    if (fieldAt(properties, path)?.type === 'nested') return path
  }
  return undefined
}
