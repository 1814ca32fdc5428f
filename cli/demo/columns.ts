import { stripVTControlCharacters } from 'node:util'
import { textStart } from '../../sparse/text-start.ts'

/** Two blocks of text side by side. @param width width of both, in characters */
export function sideBySide(left: readonly string[], right: readonly string[], width: number): string {
  const column = Math.floor((width - SEPARATOR.length) / 2)
  const [a, b] = [left, right].map((block) => block.flatMap((line) => wrap(line, column))) as [
    string[],
    string[],
  ]
  const rows = Math.max(a.length, b.length)
  return Array.from({ length: rows }, (_, row) =>
    `${pad(a[row] ?? '', column)}${SEPARATOR}${b[row] ?? ''}`.trimEnd(),
  ).join('\n')
}

const SEPARATOR = ' | '

/** Breaks a line at blanks; the following rows keep the indent of the line. Terminal escape codes have no width. */
export function wrap(line: string, width: number): string[] {
  const indent = /^ */.exec(line)?.[0] ?? ''
  const rows: string[] = []
  let row = indent
  for (const word of line.trim().split(/\s+/)) {
    const joined = row.trim() === '' ? indent + word : `${row} ${word}`
    if (visibleLength(joined) <= width || row.trim() === '') row = joined
    else {
      rows.push(row)
      row = indent + word
    }
  }
  rows.push(row)
  return rows.flatMap((full) => cut(full, width))
}

/** A word longer than the column is cut; one with escape codes is left whole rather than cut within a code. */
function cut(row: string, width: number): string[] {
  if (visibleLength(row) <= width || row !== stripVTControlCharacters(row)) return [row]
  const start = textStart(row, Math.max(2, width))
  return [start, ...cut(row.slice(start.length), width)]
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visibleLength(text)))
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length
}
