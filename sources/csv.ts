import { CsvError, parse } from 'csv-parse'
import { isProblem, MAX_RECORD_BYTES, type OnProblem, type SourceRecord, toRecord } from './record.ts'

/**
 * Reads comma-separated values (RFC 4180) whose first line names the columns; every value is text. A record
 * that cannot be used is reported with its line and the rest goes on.
 *
 * @param idField undefined: the column `_id`, else `id`, else no id
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  idField: string | undefined,
  onProblem: OnProblem,
): AsyncGenerator<SourceRecord> {
  const parser = parse({
    // One character a byte: the parser itself would hide bytes that are not UTF-8 behind U+FFFD.
    encoding: 'latin1',
    columns: (header: string[]) => header.map((column) => strictUtf8(column) ?? column),
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
  const feeding = feed(withoutByteOrderMark(chunks), parser)
  try {
    for await (const row of parser) {
      const { record, info }: { record: Record<string, string>; info: { lines: number } } = row
      const position = `${name} line ${info.lines}`
      const result = decodeRow(record, idField, position)
      if (isProblem(result)) onProblem(result)
      else yield result
    }
  } finally {
    parser.destroy()
    await feeding
  }
}

/** `pipeline` would do, were it not that it rejects when the reader stops early, which is no error here. */
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

function decodeRow(record: Record<string, string>, idField: string | undefined, position: string) {
  const decoded: [string, string][] = []
  for (const [column, bytes] of Object.entries(record)) {
    const text = strictUtf8(bytes)
    if (text === undefined) {
      return {
        position,
        message: `expected UTF-8 in the column ${JSON.stringify(column)}, got bytes that are not`,
      }
    }
    decoded.push([column, text])
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
  return `expected a CSV record that fits the header, got: ${text}`
}

async function* withoutByteOrderMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array(0)
  for await (const chunk of chunks) {
    if (head === undefined) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < 3) continue
    yield head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head
    head = undefined
  }
  if (head !== undefined) yield head
}
