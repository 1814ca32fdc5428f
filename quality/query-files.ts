import { readFile } from 'node:fs/promises'
import { LexpandError } from '../sparse/errors.ts'
import { exactNumber, parseExactly } from '../sparse/exact-json.ts'
import type { Qrels } from './metrics.ts'

const QUERY_WORDS = 12

/** Text of a file that an option names. @throws LexpandError CONFIGURATION when it cannot be read */
export async function readInput(file: string, part: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LexpandError(
      'CONFIGURATION',
      `[${part}] expected a file that can be read, got ${JSON.stringify(file)}. Check the path.`,
      { cause },
    )
  })
}

/** Queries of a file that an option names, as returned by {@link parseQueries}. @throws LexpandError as it and {@link readInput} do */
export async function readQueries(file: string, part: string): Promise<Map<string, string>> {
  return parseQueries(await readInput(file, part), part)
}

/**
 * Parses relevance judgments, TSV: query id, document id, grade; a head line is optional.
 *
 * @param part part of the command line that reads them, for the message
 * @param name name of the file, for the message
 * @throws LexpandError INPUT for a line that is no judgment
 */
export function parseQrels(text: string, part: string, name = 'the judgments'): Qrels {
  const qrels = new Map<string, Map<string, number>>()
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [query = '', document = '', grade = ''] = line.trimEnd().split('\t')
    if (document === '' || !/^-?\d+$/.test(grade)) {
      if (at === 0) continue
      throw new LexpandError(
        'INPUT',
        `[${part}] expected query id, document id and a whole number between tabs in line ${at + 1} of ${name}, got something else. Correct the line.`,
      )
    }
    const grades = qrels.get(query) ?? new Map<string, number>()
    qrels.set(query, grades.set(document, Number(grade)))
  }
  return qrels
}

/**
 * Parses queries: query id -> text, from lines of text or of JSON with `text` and an optional `_id`; the number of the
 * line replaces a missing id.
 *
 * @throws LexpandError INPUT for a file without queries or a line that is none
 */
export function parseQueries(text: string, part: string): Map<string, string> {
  const queries = new Map<string, string>()
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [id, query] = line.trimStart().startsWith('{')
      ? fromJson(line, at, part)
      : [`${at + 1}`, line.trim()]
    queries.set(id, query)
  }
  if (queries.size > 0) return queries
  throw new LexpandError('INPUT', `[${part}] expected queries, got an empty file. Write one a line.`)
}

/** A probable query for a document: its first sentence, cut. */
export function queryFrom(text: string): string {
  const [first = ''] = text.split(/(?<=[.!?])\s|\n/u)
  return first.split(/\s+/u).slice(0, QUERY_WORDS).join(' ').trim()
}

function fromJson(line: string, at: number, part: string): [string, string] {
  try {
    const { _id, id, text } = parseExactly(line) as { _id?: unknown; id?: unknown; text?: unknown }
    const own = _id ?? id ?? at + 1
    if (typeof text === 'string') return [exactNumber(own) ?? String(own), text]
  } catch {
    // Malformed JSON and a missing text are the same mistake.
  }
  throw new LexpandError(
    'INPUT',
    `[${part}] expected text, or JSON with "text", in line ${at + 1} of the queries, got something else. Correct the line.`,
  )
}
