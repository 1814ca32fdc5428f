/** One document as it stood in a source. */
export interface SourceRecord {
  /** Absent when the source has none: the engine then makes one. */
  readonly id?: string | undefined
  /** JSON object to store; never holds the metadata key `_id`. */
  readonly source: Record<string, unknown>
  /** For messages: "corpus.jsonl line 7". */
  readonly position: string
}

/** Something in a source that cannot be a document. The rest of the source is still read. */
export interface SourceProblem {
  readonly position: string
  readonly message: string
}

export type OnProblem = (problem: SourceProblem) => void

/** Largest line or file that is read, in bytes; below the 100 MB at which OpenSearch refuses a request. */
export const MAX_RECORD_BYTES = 64 * 2 ** 20

/** Takes the id out of a parsed object. Numbers are ids too, as their decimal text. */
export function toRecord(
  object: Record<string, unknown>,
  idField: string | undefined,
  position: string,
): SourceRecord | SourceProblem {
  // `_id` is metadata in OpenSearch and refused inside a document, whichever field holds the id.
  const { _id, ...source } = object
  const field = idField ?? (_id === undefined ? 'id' : '_id')
  const value = field === '_id' ? _id : Object.hasOwn(object, field) ? object[field] : undefined
  if (value === undefined || value === null || value === '') {
    if (idField === undefined) return { source, position }
    return { position, message: `expected an id in the field ${JSON.stringify(idField)}, got none` }
  }
  if (typeof value !== 'string' && !Number.isSafeInteger(value)) {
    return {
      position,
      message: `expected text or an integer as id in ${JSON.stringify(field)}, got ${JSON.stringify(value)}`,
    }
  }
  const id = String(value)
  const bytes = Buffer.byteLength(id)
  if (bytes > 512) return { position, message: `expected an id of at most 512 bytes, got ${bytes}` }
  return { id, source, position }
}

/** Tells what {@link toRecord} gave. */
export function isProblem(result: SourceRecord | SourceProblem): result is SourceProblem {
  return 'message' in result
}
