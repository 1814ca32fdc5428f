import { isDeepStrictEqual } from 'node:util'
import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR, type Sidecar } from '../../mappings/sidecar.ts'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { type Persistence, persist } from '../../opensearch/failures/back-off.ts'
import { EngineDenied } from '../../opensearch/failures/denied.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import type { EngineFailure } from '../../opensearch/failures/engine-failure.ts'
import { isTransient } from '../../opensearch/failures/transient.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { exactNumber, parseExactly, parseLossless } from '../../sparse/exact-json.ts'
import { isSettled } from '../documents/states.ts'
import type { PreparedDocument } from './prepare-document.ts'

/**
 * What happens to a document that is sent again. unchanged: the index holds it as it is, so it is not written. keep:
 * its text is the same, so it is written with the vector that the index holds. write: it is written as pending.
 */
export type Reuse =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'keep'; readonly document: PreparedDocument }
  | { readonly kind: 'write' }

/** Where vectors may already be stored. */
export interface ReuseSource {
  readonly client: Client
  /** Index or write alias. */
  readonly index: string
  readonly specification: IndexSpecification
}

/**
 * Finds the documents of a request that the index already holds with the vector of their present text and this
 * fingerprint. Reads are in real time. Vectors are read only for documents that are written with them, and such a write
 * is bound to the version that the vector was read from.
 *
 * @returns one entry for each document, in order
 * @throws LexpandError when the engine cannot read for a lasting reason, or stays away
 */
export async function reuseStored(
  { client, index, specification }: ReuseSource,
  documents: readonly PreparedDocument[],
  persistence: Persistence,
): Promise<Reuse[]> {
  const { sparse_field, fingerprint } = specification
  const reader = { client, index, persistence }
  const stored = await read(reader, documents, { _source_excludes: [sparse_field] })
  const reuses: Reuse[] = documents.map((document, at) => {
    const found = stored[at]
    if (found === undefined || !isSettled(found.sidecar, document.textHash, fingerprint)) return WRITE
    // Owners ask for another attempt by sending a failed document again.
    if (found.sidecar?.state === 'failed') return WRITE
    const isOld = document.version !== undefined && document.version !== found.version
    return !isOld && isSame(found, document, sparse_field) ? UNCHANGED : WRITE
  })
  const kept = documents
    .map((document, at) => ({ document, at, found: stored[at] }))
    .filter(
      ({ document, at, found }) =>
        reuses[at] === WRITE &&
        found?.sidecar?.state === 'ready' &&
        isSettled(found.sidecar, document.textHash, fingerprint),
    )
  const vectors = await read(
    reader,
    kept.map(({ document }) => document),
    { _source_includes: [sparse_field, SIDECAR] },
  )
  for (const [row, { document, at }] of kept.entries()) {
    const found = vectors[row]
    const vector = found?.source[sparse_field]
    if (found === undefined || !isSettled(found.sidecar, document.textHash, fingerprint)) continue
    // The vector is missing where `_source` does not keep vectors.
    if (typeof vector !== 'object' || vector === null || Object.keys(vector).length === 0) continue
    const json = JSON.stringify({
      ...(parseExactly(document.json) as object),
      [sparse_field]: vector,
      [SIDECAR]: found.sidecar,
    })
    const { seqNo, primaryTerm } = found
    reuses[at] = {
      kind: 'keep',
      document: { ...document, json, bytes: Buffer.byteLength(json), onlyOver: { seqNo, primaryTerm } },
    }
  }
  return reuses
}

const UNCHANGED: Reuse = { kind: 'unchanged' }
const WRITE: Reuse = { kind: 'write' }

interface Stored {
  readonly seqNo: number
  readonly primaryTerm: number
  /** Digits of `_version`. */
  readonly version: string
  readonly source: Readonly<Record<string, unknown>>
  readonly sidecar: Sidecar | undefined
}

interface Reader {
  readonly client: Client
  readonly index: string
  readonly persistence: Persistence
}

/** Undefined where the document does not exist or the engine cannot say; it is written as pending then. */
async function read(
  { client, index, persistence }: Reader,
  documents: readonly PreparedDocument[],
  filter: { readonly _source_excludes: string[] } | { readonly _source_includes: string[] },
): Promise<(Stored | undefined)[]> {
  if (documents.length === 0) return []
  const docs = documents.map(({ id, routing }) => ({
    _id: id,
    ...(routing === undefined ? {} : { routing }),
  }))
  let found: (Stored | undefined)[] = []
  const gaveUp = await persist(async () => {
    try {
      const reply = await client.mget({ index, body: { docs }, ...filter })
      found = reply.body.docs.map((doc) => {
        if ('error' in doc && doc.error.type === 'security_exception') {
          throw EngineDenied.of(403, doc.error as EngineFailure, { part: 'enqueue', index })
        }
        if ('error' in doc || !doc.found || doc._source === undefined) return undefined
        const source = doc._source as Record<string, unknown>
        const sidecar = source[SIDECAR] as Sidecar | undefined
        const version = exactNumber(doc._version) ?? String(doc._version)
        return { seqNo: doc._seq_no ?? -1, primaryTerm: doc._primary_term ?? -1, version, source, sidecar }
      })
      return undefined
    } catch (error) {
      const translated = translateEngineError(error, { part: 'enqueue', index })
      if (!isTransient(error)) throw translated
      return translated.message
    }
  }, persistence)
  if (gaveUp === undefined) return found
  throw new LexpandError(
    'SERVICE',
    `[enqueue] expected index ${index} to answer, got for ${persistence.giveUpAfterMs / 1000} s: ${gaveUp} Run it again later: what is stored stays.`,
  )
}

function isSame({ source }: Stored, { json }: PreparedDocument, sparseField: string): boolean {
  const own = ({ [SIDECAR]: _, [sparseField]: __, ...rest }: Readonly<Record<string, unknown>>) => rest
  return isDeepStrictEqual(own(source), own(parseLossless(json) as Record<string, unknown>))
}
