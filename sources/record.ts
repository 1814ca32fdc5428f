import { exactNumber } from '../sparse/exact-json.ts'
import { textStart } from '../sparse/text-start.ts'

/** One document of a source. */
export interface SourceRecord {
  /** Absent when the source has none: an id is then made of the content. */
  readonly id?: string | undefined
  readonly routing?: string | undefined
  /** Digits of `_version` of a hit, or of `version` of an action line. */
  readonly version?: string | undefined
  /** JSON object to store, with numbers as kept by `parseExactly`; never contains the metadata key `_id`. */
  readonly source: Record<string, unknown>
  /** Position for messages: "corpus.jsonl line 7". */
  readonly position: string
}

/** Something in a source that cannot be a document. The rest of the source is still read. */
export interface SourceProblem {
  readonly position: string
  readonly message: string
}

export type OnProblem = (problem: SourceProblem) => void

/** Largest line or file, in bytes; below the 100 MB at which OpenSearch refuses a request. */
export const MAX_RECORD_BYTES = 64 * 2 ** 20

/**
 * Separates the id from a parsed object. Whole numbers are ids, too, as their decimal text, and so are MongoDB's
 * `{"$oid": "..."}`. A hit of a search answer (`_id` beside `_source`) stands for the document in it.
 */
export function toRecord(
  object: Record<string, unknown>,
  idField: string | undefined,
  position: string,
): SourceRecord | SourceProblem {
  if (isHit(object)) {
    const { _id, _source, _routing, _version } = object
    const routing = typeof _routing === 'string' ? _routing : undefined
    const record = toRecord(idField === undefined ? { ..._source, _id } : _source, idField, position)
    return isProblem(record) ? record : { ...record, routing, version: versionText(_version) }
  }
  // `_id` is metadata in OpenSearch and refused inside a document, whichever field holds the id.
  const { _id, ...source } = object
  const field = idField ?? (_id === undefined ? 'id' : '_id')
  const value = field === '_id' ? _id : Object.hasOwn(object, field) ? object[field] : undefined
  if (value === undefined || value === null || value === '') {
    if (idField === undefined) return { source, position }
    return {
      position,
      message: `expected an id in the field ${JSON.stringify(idField)}, got none. Give it one, or name another field with --id-field`,
    }
  }
  const id = idText(value)
  if (id === undefined) {
    return {
      position,
      message: `expected text or a whole number as id in ${JSON.stringify(field)}, got ${shorten(value)}. Write it as text, or name another field with --id-field`,
    }
  }
  const bytes = Buffer.byteLength(id)
  if (bytes <= 512) return { id, source, position }
  return {
    position,
    message: `expected an id of at most 512 bytes, got ${bytes}. Shorten it, or name another field with --id-field`,
  }
}

/** Whether a result of {@link toRecord} is a problem. */
export function isProblem(result: SourceRecord | SourceProblem): result is SourceProblem {
  return 'message' in result
}

/** Shortens a value of a document for a message, to at most 80 characters. */
export function shorten(value: unknown): string {
  const characters = Array.from(textStart(JSON.stringify(value) ?? String(value), 200))
  return characters.length <= 80 ? characters.join('') : `${characters.slice(0, 77).join('')}...`
}

/** @returns the digits of a version, undefined for anything else */
export function versionText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : exactNumber(value)
}

interface Hit extends Record<string, unknown> {
  readonly _source: Record<string, unknown>
}

function isHit(object: Record<string, unknown>): object is Hit {
  const { _id, _index, _source } = object
  return (
    (_id !== undefined || _index !== undefined) &&
    typeof _source === 'object' &&
    _source !== null &&
    !Array.isArray(_source)
  )
}

function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (Number.isSafeInteger(value)) return String(value)
  const digits = exactNumber(value)
  if (digits !== undefined) return /^-?\d+$/.test(digits) ? digits : undefined
  const { $oid } = value as { $oid?: unknown }
  return typeof $oid === 'string' && /^[0-9a-f]{24}$/i.test($oid) ? $oid : undefined
}
