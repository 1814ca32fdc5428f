import { parse } from 'csv-parse/sync'
import { LexpandError } from '../../sparse/errors.ts'
import { textStart } from '../../sparse/text-start.ts'

export const DELIMITERS = [',', ';', '\t', '|'] as const

export interface Dialect {
  readonly delimiter: string
  /** Names of the columns in their order. */
  readonly columns: readonly string[]
}

/**
 * Finds delimiter and column names.
 *
 * @param head begins with the whole first line
 * @param wanted options of the user; `columns` for a file without a line of names
 * @throws LexpandError INPUT for a single column that contains another delimiter, for empty or repeated names, and for
 *   a first line that looks like a document
 */
export function findDialect(
  head: string,
  name: string,
  wanted: { readonly delimiter?: string | undefined; readonly columns?: readonly string[] | undefined },
): Dialect {
  const first = firstRecord(head)
  const delimiter = wanted.delimiter ?? delimiterOf(first)
  const cells = cellsOf(first, delimiter)
  const [only = ''] = cells
  if (cells.length === 1) {
    const other = DELIMITERS.find((candidate) => candidate !== delimiter && only.includes(candidate))
    if (other !== undefined) {
      throw new LexpandError(
        'INPUT',
        `[source] expected columns separated by ${shown(delimiter)} in ${name}, got one column ${JSON.stringify(textStart(only, 80))} that contains ${shown(other)}. Use --delimiter ${shown(other)}.`,
      )
    }
  }
  if (wanted.columns !== undefined) {
    if (wanted.columns.length === cells.length) return { delimiter, columns: wanted.columns }
    throw new LexpandError(
      'INPUT',
      `[source] expected ${wanted.columns.length} columns in ${name} as --columns names, got ${cells.length} in the first line. Name each column once.`,
    )
  }
  assertNames(cells, name)
  return { delimiter, columns: cells }
}

/** The text up to the first line end outside quotes. */
function firstRecord(head: string): string {
  let inQuotes = false
  for (let at = 0; at < head.length; at++) {
    if (head[at] === '"') inQuotes = !inQuotes
    else if (head[at] === '\n' && !inQuotes) return head.slice(0, at).replace(/\r$/, '')
  }
  return head
}

/** The delimiter that gives the most columns in the first line; a comma where none gives two. */
function delimiterOf(line: string): string {
  const counts = DELIMITERS.map((delimiter) => cellsOf(line, delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

function cellsOf(line: string, delimiter: string): string[] {
  try {
    const [cells = []] = parse(line, { delimiter, relax_quotes: true }) as string[][]
    return cells.map((cell) => cell.trim())
  } catch {
    return [line]
  }
}

/** Signed or fractional numbers, dates and addresses are values and not names; whole numbers may be years. */
const VALUE = /^([-+]?\d*[.,]\d+|[-+]\d+|\d{4}-\d\d-\d\d.*|https?:\/\/.*|true|false)$/i
const LONGEST_NAME = 128

function assertNames(cells: readonly string[], name: string): void {
  const value = cells.find((cell) => VALUE.test(cell) || cell.length > LONGEST_NAME)
  const twice = cells.find((cell, at) => cells.indexOf(cell) !== at)
  if (value === undefined && twice === undefined && !cells.includes('')) return
  const got =
    value !== undefined
      ? `the value ${JSON.stringify(textStart(value, 40))}`
      : twice === undefined || twice === ''
        ? 'an empty name'
        : `${JSON.stringify(twice)} twice`
  throw new LexpandError(
    'INPUT',
    `[source] expected the names of the columns in the first line of ${name}, got ${got}. Correct that line, or name the columns of a file without one: --columns id,title,text.`,
  )
}

function shown(delimiter: string): string {
  return delimiter === '\t' ? 'tab' : `"${delimiter}"`
}
