import { createHash } from 'node:crypto'
import { foreignValue, ownValue } from '../../mappings/own-values.ts'
import { SIDECAR } from '../../mappings/sidecar.ts'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { documentText } from '../../mappings/text/document-text.ts'
import { textHash } from '../../mappings/text/text-hash.ts'
import { emptySidecar, pendingSidecar } from '../documents/states.ts'

/** A document as the application passes it. */
export interface SourceDocument {
  /** At most 512 bytes. @default a hash of the document, so that a repeated run finds it again */
  readonly id?: string | undefined
  readonly routing?: string | undefined
  /**
   * The client's number of this version, from 0 to 2^63 - 1; text where JavaScript cannot hold it. Needed where the index
   * was set up with `versioning: 'external'`, and without meaning elsewhere.
   */
  readonly version?: number | string | undefined
  /** The JSON object to store. */
  readonly source: Readonly<Record<string, unknown>>
  /** Position in the source, for messages: "corpus.jsonl line 7". */
  readonly position?: string | undefined
}

/** A document ready to be sent: stamped, and serialized once. */
export interface PreparedDocument {
  readonly id: string
  readonly routing: string | undefined
  readonly position: string | undefined
  /** The document has no text: it is marked `empty` and not queued. */
  readonly blank: boolean
  readonly textHash: string
  readonly textBytes: number
  readonly json: string
  readonly bytes: number
  /** Digits of an external version; the engine takes the document only over an older one. */
  readonly version?: string | undefined
  /** Version that may be overwritten; undefined writes over any version or none. */
  readonly onlyOver?: { readonly seqNo: number; readonly primaryTerm: number } | undefined
}

const MAX_ID_BYTES = 512

/**
 * Stamps a document with its state and the hash of its text, exactly as the ingest pipeline does, and drops a vector
 * that the document may carry.
 *
 * @returns the document, or the reason why it cannot be stored
 */
export function prepareDocument(
  document: SourceDocument,
  specification: IndexSpecification,
): PreparedDocument | { readonly reason: string } {
  const { fields, sparse_field, fingerprint, versioning } = specification
  const { source, routing, position } = document
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    return { reason: '[enqueue] expected a JSON object, got something else. Wrap the text in an object.' }
  }
  const foreign = foreignValue(source, sparse_field)
  if (foreign !== undefined) {
    return { reason: `[enqueue] ${ownValue(foreign)}` }
  }
  const text = documentText(source, fields)
  if ('error' in text) return { reason: text.error }
  const id = document.id ?? idFromContent(source)
  const idBytes = Buffer.byteLength(id)
  if (idBytes === 0 || idBytes > MAX_ID_BYTES) {
    return { reason: `[enqueue] expected an id of 1 to ${MAX_ID_BYTES} bytes, got ${idBytes}. Shorten it.` }
  }
  // The engine stores half a character as "?": documents of several ids would take each other's place.
  if (!`${id} ${routing ?? ''}`.isWellFormed()) {
    return {
      reason: `[enqueue] expected an id and a routing of whole characters, got half a surrogate pair in ${JSON.stringify(id)}. Write both as proper Unicode.`,
    }
  }
  const version = versioning === 'external' ? String(document.version) : undefined
  if (version !== undefined && !/^\d{1,19}$/.test(version)) {
    return {
      reason: `[enqueue] expected a version, since the index has external ones, got ${document.version === undefined ? 'none' : JSON.stringify(document.version).slice(0, 40)}. Give the document a whole number that grows with each change, or let its own client write it.`,
    }
  }
  const hash = textHash(source, fields)
  const blank = text.text === ''
  const { [sparse_field]: _vector, [SIDECAR]: _sidecar, ...own } = source
  const sidecar = blank ? emptySidecar(hash, fingerprint) : pendingSidecar(hash)
  const json = JSON.stringify({ ...own, [SIDECAR]: sidecar })
  return {
    id,
    routing,
    position,
    version,
    blank,
    textHash: hash,
    textBytes: Buffer.byteLength(text.text),
    json,
    bytes: Buffer.byteLength(json),
  }
}

function idFromContent(source: object): string {
  return createHash('sha256').update(JSON.stringify(source)).digest('base64url').slice(0, 22)
}
