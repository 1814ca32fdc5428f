import { exactNumber, numberOf } from '../sparse/exact-json.ts'
import { type OnProblem, type SourceRecord, shorten } from './record.ts'

/** Types of the engine that `--types` accepts. */
export const FIELD_TYPES = [
  'text',
  'keyword',
  'long',
  'integer',
  'float',
  'double',
  'boolean',
  'date',
  'ip',
] as const
export type FieldType = (typeof FIELD_TYPES)[number]

/**
 * Finds the types of columns whose values are all text, like those of CSV. A column gets a type if all its values have
 * it; a column of other values is left to the engine, and the id is a keyword.
 *
 * @param sample the first records
 */
export function findColumnTypes(
  sample: readonly Pick<SourceRecord, 'source'>[],
  idField = 'id',
): Record<string, FieldType> {
  const open = new Map<string, Set<FieldType>>()
  for (const { source } of sample) {
    for (const [column, value] of Object.entries(source)) {
      const left = open.get(column) ?? new Set(PATTERNS.keys())
      open.set(column, left)
      for (const type of left) if (!PATTERNS.get(type)?.test(String(value))) left.delete(type)
    }
  }
  const found = [...open].flatMap(([column, [type]]): [string, FieldType][] => {
    if (column === idField) return [[column, 'keyword']]
    return type === undefined ? [] : [[column, type]]
  })
  return Object.fromEntries(found)
}

/**
 * Top-level fields whose numbers are whole in some records and not in others: if the first one is whole, the engine
 * would make a field of whole numbers, which cuts the others.
 */
export function findMixedNumbers(sample: readonly Pick<SourceRecord, 'source'>[]): Record<string, FieldType> {
  const kinds = new Map<string, Set<'whole' | 'broken'>>()
  for (const { source } of sample) {
    for (const [field, value] of Object.entries(source)) {
      const digits = exactNumber(value) ?? (typeof value === 'number' ? String(value) : undefined)
      if (digits === undefined) continue
      const seen = kinds.get(field) ?? new Set()
      kinds.set(field, seen.add(/[.eE]/.test(digits) ? 'broken' : 'whole'))
    }
  }
  return Object.fromEntries(
    [...kinds].flatMap(([field, { size }]) => (size === 2 ? [[field, 'double']] : [])),
  )
}

/** Narrow types first: the first type that fits all values is taken. Codes with a leading zero are not numbers. */
const PATTERNS = new Map<FieldType, RegExp>([
  ['long', /^-?(0|[1-9]\d{0,17})$/],
  ['double', /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,3})?$/],
  ['boolean', /^(true|false)$/i],
  [
    'date',
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[-+]\d\d:?\d\d)?)?$/,
  ],
])

/** Mapping of a field of a type in a new index. */
export function mappingOf(type: FieldType): { readonly type: string; readonly format?: string } {
  return type === 'date'
    ? { type, format: 'strict_date_optional_time||yyyy-MM-dd HH:mm:ss||yyyy-MM-dd HH:mm||epoch_millis' }
    : { type }
}

const NUMERIC = new Set<string>(['long', 'integer', 'short', 'byte', 'float', 'double', 'half_float'])

/**
 * Turns text values into numbers and booleans by the types of their columns. A value of another type is a problem of
 * its record.
 *
 * @param types types of the engine, by column; other columns stay text
 */
export async function* typedRecords(
  records: AsyncIterable<SourceRecord>,
  types: Readonly<Record<string, string>>,
  onProblem: OnProblem,
): AsyncGenerator<SourceRecord> {
  const converted = Object.entries(types).filter(([, type]) => NUMERIC.has(type) || type === 'boolean')
  for await (const record of records) {
    const source = { ...record.source }
    const wrong = converted.find(([column, type]) => {
      const value = Object.hasOwn(source, column) ? source[column] : undefined
      if (typeof value !== 'string') return false
      const made = type === 'boolean' ? booleanOf(value) : numericOf(value)
      if (made === undefined) return true
      source[column] = made
      return false
    })
    if (wrong === undefined) {
      yield { ...record, source }
      continue
    }
    const [column, type] = wrong
    onProblem({
      position: record.position,
      message: `expected ${type} in the column ${JSON.stringify(column)}, got ${shorten(source[column])}. Correct the value, or fill a new index with --types ${column}:keyword`,
    })
  }
}

function numericOf(text: string): unknown {
  const trimmed = text.trim()
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(trimmed) ? numberOf(trimmed) : undefined
}

function booleanOf(text: string): boolean | undefined {
  const lower = text.trim().toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}
