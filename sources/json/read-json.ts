import { startingWith } from '../head.ts'
import { isProblem, MAX_RECORD_BYTES, type OnProblem, type SourceRecord, toRecord } from '../record.ts'
import { isAction, readBulk } from './bulk.ts'
import { jsonItems } from './json-items.ts'
import { type Line, lines } from './lines.ts'
import { parseObject } from './parse-object.ts'

/**
 * Reads JSON documents: one object on each line, objects over several lines, a list of objects, or the body of a
 * `_bulk` request; the first lines decide. A document that cannot be used is reported with its place, and reading
 * continues; blank lines are skipped.
 *
 * @param name name of the stream, for positions
 * @param idField undefined: `_id`, else `id`, else no id
 */
export async function* readJson(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  idField: string | undefined,
  onProblem: OnProblem,
): AsyncGenerator<SourceRecord> {
  const [head, whole] = await startingWith(chunks, HEAD_BYTES)
  const form = formOf(new TextDecoder().decode(head))
  if (form === 'bulk') {
    yield* readBulk(lines(whole, MAX_RECORD_BYTES), name, onProblem)
    return
  }
  const pieces =
    form === 'lines'
      ? lines(whole, MAX_RECORD_BYTES)
      : jsonItems(whole, MAX_RECORD_BYTES, { isList: form === 'list' })
  for await (const piece of pieces) {
    const position = positionOf(name, piece, form)
    if ('problem' in piece) {
      onProblem({ position, message: piece.problem })
      continue
    }
    if (piece.text.trim() === '') continue
    const parsed = parseObject(piece.text)
    if (typeof parsed === 'string') {
      onProblem({ position, message: parsed })
      continue
    }
    const record = toRecord(parsed, idField, position)
    if (isProblem(record)) onProblem(record)
    else yield record
  }
}

type Form = 'lines' | 'bulk' | 'list' | 'objects'

const HEAD_BYTES = 64 * 1024

function formOf(head: string): Form {
  const text = head.trimStart()
  if (text.startsWith('[')) return 'list'
  const [first = '', ...rest] = text.split('\n')
  const parsed = parseObject(first)
  if (typeof parsed !== 'string') return isAction(parsed) ? 'bulk' : 'lines'
  // A line that is cut off is a mistake among lines; an object that continues below is no line.
  const next = rest.find((line) => line.trim() !== '')?.trimStart()
  return text.startsWith('{') && next !== undefined && !next.startsWith('{') ? 'objects' : 'lines'
}

function positionOf(name: string, { number, line = number }: Line & { line?: number }, form: Form): string {
  return form === 'lines' ? `${name} line ${number}` : `${name} item ${number} (line ${line})`
}
