import { textStart } from '../../sparse/text-start.ts'
import type { EngineFailure } from './engine-failure.ts'

const MAX_CHARACTERS = 500

/**
 * The reason why the engine refused a document, fit to be stored and logged. The engine quotes field values, so only
 * these parts of its message stay: status, error types, field names and mapping types, numbers, names of settings, and
 * the plain words around them. Every other quoted or bracketed part becomes "…".
 */
export function engineCause(status: number, failure?: EngineFailure): string {
  if (failure === undefined) return `status ${status}`
  const last = deepest(failure)
  const causes = (last === failure ? [failure] : [failure, last]).map(({ type, reason }) =>
    [type, reason == null ? undefined : withoutValues(reason)]
      .filter((part) => part !== undefined)
      .join(': '),
  )
  return textStart(`status ${status}, ${causes.join(', caused by ')}`, MAX_CHARACTERS)
}

function deepest(failure: EngineFailure): EngineFailure {
  return failure.caused_by === undefined ? failure : deepest(failure.caused_by)
}

/** An apostrophe within a word ("can't") opens no quotation. */
const OPENING = /\[|"|(?<![\p{L}\p{N}])'/gu
/**
 * Words before a name of the mapping rather than a value of the document; the exception is "date field [value]", the
 * message for a value that is no date.
 */
const BEFORE_NAME = /((?<!date )\bfield[ =]|\bof type |\bmapping for )$/
const HARMLESS = /^(-?[\d.]+|(index|indices|cluster)\.[a-z_.]+)$/

/**
 * The engine's message about a failed request: the root cause names the query or shard, the end of its chain the
 * reason. It may quote field values; see {@link withoutValues}.
 */
export function engineWords(failure: EngineFailure): string | undefined {
  const root = failure.root_cause?.[0] ?? failure
  let last = root.caused_by ?? failure.caused_by
  while (last?.caused_by !== undefined) last = last.caused_by
  const reasons = [root.reason ?? root.type, last?.reason].filter((reason) => reason !== undefined)
  const [first, second] = reasons
  return first === undefined || second === undefined || first.includes(second)
    ? (first ?? second)
    : reasons.join(': ')
}

/** A message without its quotations of a document; names of fields, types and settings stay. */
export function withoutValues(reason: string): string {
  const [line = ''] = reason.split('\n')
  const text = line
    .replace(/ Preview of field's value:.*/, '')
    .replace(/for feature .* on field/, 'for feature … on field')
  const opening = new RegExp(OPENING)
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const [mark] = found
    const closing = mark === '[' ? ']' : mark
    const end = text.indexOf(closing, found.index + 1)
    const before = text.slice(0, found.index)
    if (end !== -1 && (BEFORE_NAME.test(before) || HARMLESS.test(text.slice(found.index + 1, end)))) {
      opening.lastIndex = end + 1
      continue
    }
    // A value may contain the closing mark itself: only the part after the last one is surely not the value.
    const last = text.lastIndexOf(closing)
    return `${before}…${last > found.index ? text.slice(last + 1) : ''}`
  }
  return text
}
