import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR, type Sidecar } from '../../mappings/sidecar.ts'
import { EngineDenied } from '../../opensearch/failures/denied.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import type { EngineFailure } from '../../opensearch/failures/engine-failure.ts'
import { EngineBusy } from '../../opensearch/failures/transient.ts'
import { LexpandError } from '../../sparse/errors.ts'

/** The newest version of a document, reduced to its text fields and its sidecar. */
export interface StoredDocument {
  readonly id: string
  readonly routing?: string | undefined
  readonly seqNo: number
  readonly primaryTerm: number
  readonly source: Readonly<Record<string, unknown>>
  readonly sidecar: Sidecar | undefined
}

interface Named {
  readonly id: string
  readonly routing?: string | undefined
}

/**
 * Reads documents by id in real time: a search would return the state of the last refresh.
 *
 * @returns existing documents in the order asked for; deleted ones and those of a deleted index are left out
 * @throws LexpandError SERVICE or INDEX when the engine cannot read
 */
export async function readDocuments(
  client: Client,
  index: string,
  fields: readonly string[],
  wanted: readonly Named[],
): Promise<StoredDocument[]> {
  const reply = await client
    .mget({
      index,
      _source_includes: [...fields, SIDECAR],
      body: {
        docs: wanted.map(({ id, routing }) => ({ _id: id, ...(routing === undefined ? {} : { routing }) })),
      },
    })
    .catch((error: unknown) => {
      throw translateEngineError(error, { part: 'read', index })
    })
  return reply.body.docs.flatMap((doc, at) => {
    if ('error' in doc) return failed(index, doc.error)
    if (!doc.found) return []
    if (doc._source === undefined) {
      throw new LexpandError(
        'INDEX',
        `[read] expected index ${index} to keep _source, got a document without. Reindex into an index with _source on.`,
      )
    }
    const source = doc._source as Record<string, unknown>
    return {
      ...(wanted[at] as Named),
      seqNo: doc._seq_no ?? -1,
      primaryTerm: doc._primary_term ?? -1,
      source,
      sidecar: source[SIDECAR] as Sidecar | undefined,
    }
  })
}

/** Key of a document within its index: ids are unique only within one routing value. */
export function keyOf({ id, routing }: Named): string {
  return JSON.stringify([id, routing])
}

/**
 * Whether an index really exists. While a restarted node has not yet read its cluster state from disk, the mapping and
 * existence requests answer "no such index", but reading a document answers that it has to wait.
 *
 * @param document any document of the index, existing or not
 * @throws LexpandError SERVICE when the engine cannot say
 */
export async function indexExists(client: Client, index: string, document: Named): Promise<boolean> {
  const reply = await client
    .mget({ index, _source: false, body: { docs: [{ _id: document.id }] } })
    .catch((error: unknown) => {
      throw translateEngineError(error, { part: 'read', index })
    })
  const [doc] = reply.body.docs
  return doc === undefined || !('error' in doc) || !isMissingIndex(doc.error)
}

/** A deleted index has no documents; any other failure of one document (a moving shard, say) counts as a failure of the request. */
function failed(index: string, failure: { type?: string; reason?: string | null }): [] {
  if (isMissingIndex(failure)) return []
  if (failure.type === 'security_exception') {
    throw EngineDenied.of(403, failure as EngineFailure, { part: 'read', index })
  }
  throw new EngineBusy('read', index, failure.reason ?? failure.type ?? 'no answer')
}

function isMissingIndex({ type }: { type?: string }): boolean {
  return type === 'index_not_found_exception'
}
