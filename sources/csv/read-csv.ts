import { CsvError, parse } from 'csv-parse'
import { startingWith } from '../head.ts'
import { isProblem, MAX_RECORD_BYTES, type OnProblem, type SourceRecord, toRecord } from '../record.ts'
import { findDialect } from './dialect.ts'

export interface CsvOptions {
  /** Undefined: the column `_id`, else `id`, else no id. */
  readonly idField?: string | undefined
  /** @default comma, semicolon, tab or vertical bar, whichever gives the most columns in the first line */
  readonly delimiter?: string | undefined
  /** Names of the columns of a file whose first line is a document. @default those in the first line */
  readonly columns?: readonly string[] | undefined
  readonly onProblem: OnProblem
}

/**
 * Reads separated values (RFC 4180). Every value is text; empty cells are left out. A record that cannot be used is
 * reported with its line, and reading continues.
 *
 * @throws LexpandError INPUT as {@link findDialect} does
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  { idField, delimiter, columns: named, onProblem }: CsvOptions,
): AsyncGenerator<SourceRecord> {
  const [head, whole] = await startingWith(withoutByteOrderMark(chunks), HEAD_BYTES)
  if (head.length === 0) return
  const dialect = findDialect(new TextDecoder().decode(head), name, { delimiter, columns: named })
  const parser = parse({
    // One character for each byte: the parser itself would hide bytes that are not UTF-8 behind U+FFFD.
    encoding: 'latin1',
    delimiter: dialect.delimiter,
    // Columns are numbered, since one may be named __proto__.
    columns: dialect.columns.map((_, at) => String(at)),
    from: named === undefined ? 2 : 1,
    info: true,
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_RECORD_BYTES,
    on_skip: (error) => {
      onProblem({
        position: `${name} line ${error instanceof CsvError ? error.lines : '?'}`,
        message: describe(error),
      })
      return undefined
    },
  })
  const feeding = feed(whole, parser)
  try {
    for await (const row of parser) {
      const { record, info }: { record: Record<string, string>; info: { lines: number } } = row
      const position = `${name} line ${info.lines}`
      const result = decodeRow(record, dialect.columns, idField, position)
      if (isProblem(result)) onProblem(result)
      else yield result
    }
  } finally {
    parser.destroy()
    await feeding
  }
}

const HEAD_BYTES = 64 * 1024

/** Replaces `pipeline`, which rejects when the reader stops early; that is no error here. */
async function feed(chunks: AsyncIterable<Uint8Array>, parser: ReturnType<typeof parse>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (parser.destroyed) return
      if (!parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) await drained(parser)
    }
    parser.end()
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

function drained(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    if (parser.destroyed) resolve()
    parser.once('drain', resolve).once('close', resolve)
  })
}

function decodeRow(
  record: Record<string, string>,
  columns: readonly string[],
  idField: string | undefined,
  position: string,
) {
  const decoded: [string, string][] = []
  for (const [at, column] of columns.entries()) {
    const bytes = record[at] ?? ''
    const text = strictUtf8(bytes)
    if (text === undefined) {
      return {
        position,
        message: `expected UTF-8 in the column ${JSON.stringify(column)}, got bytes that are not. Convert the file, for example with iconv`,
      }
    }
    // An empty cell has no value: '' would be refused where the column holds numbers or dates.
    if (text !== '') decoded.push([column, text])
  }
  return toRecord(Object.fromEntries(decoded), idField, position)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function strictUtf8(latin1: string): string | undefined {
  try {
    return decoder.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return undefined
  }
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return `expected a record that fits the columns, got: ${text}. Quote values that contain the delimiter, a quote or a line end`
}

async function* withoutByteOrderMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const [head, whole] = await startingWith(chunks, 3)
  let skip = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  for await (const chunk of whole) {
    const skipped = Math.min(skip, chunk.length)
    skip -= skipped
    if (skipped < chunk.length) yield chunk.subarray(skipped)
  }
}
