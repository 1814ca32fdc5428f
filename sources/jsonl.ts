import { lines } from './lines.ts'
import { isProblem, MAX_RECORD_BYTES, type OnProblem, type SourceRecord, toRecord } from './record.ts'

/**
 * Reads one JSON object a line. A line that cannot be used is reported with its number and the rest goes on;
 * blank lines are skipped.
 *
 * @param name of the stream, for positions
 * @param idField undefined: `_id`, else `id`, else no id
 */
export async function* readJsonl(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  idField: string | undefined,
  onProblem: OnProblem,
): AsyncGenerator<SourceRecord> {
  for await (const line of lines(chunks, MAX_RECORD_BYTES)) {
    const position = `${name} line ${line.number}`
    if ('problem' in line) {
      onProblem({ position, message: line.problem })
      continue
    }
    if (line.text.trim() === '') continue
    const parsed = parseObject(line.text)
    if (typeof parsed === 'string') {
      onProblem({ position, message: parsed })
      continue
    }
    const record = toRecord(parsed, idField, position)
    if (isProblem(record)) onProblem(record)
    else yield record
  }
}

/** @returns the object, or what is wrong with the line */
function parseObject(line: string): Record<string, unknown> | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    return `expected a JSON object, got malformed JSON (${error instanceof Error ? error.message : String(error)})`
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  return `expected a JSON object, got ${Array.isArray(value) ? 'an array' : JSON.stringify(value)?.slice(0, 80)}`
}
