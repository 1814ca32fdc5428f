import { type API, type Client, errors } from '@opensearch-project/opensearch'
import { persist } from '../../opensearch/failures/back-off.ts'
import { outcomeOf } from '../../opensearch/failures/bulk-outcome.ts'
import { engineCause } from '../../opensearch/failures/engine-cause.ts'
import { translateEngineError, translateEngineFailure } from '../../opensearch/failures/engine-error.ts'
import type { EngineFailure } from '../../opensearch/failures/engine-failure.ts'
import { isOverload, isTransient, type Refusal, refusalOf } from '../../opensearch/failures/transient.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { numberOf } from '../../sparse/exact-json.ts'
import type { WritePersistence } from '../documents/write-back.ts'
import type { PreparedDocument } from './prepare-document.ts'

/** Where a document was stored, or the reason why it was not. */
export type Written =
  | { readonly index: string; readonly seqNo: number; readonly primaryTerm: number }
  /** overtaken: the version that it was to be written over no longer exists. */
  | { readonly reason: string; readonly overtaken?: true }

/**
 * Writes documents through the index's own pipelines, since an index may have one that must run. Items that the engine
 * has no room for are repeated with back-off, and nothing else is sent in the meantime, so that an older version of a
 * document never overtakes a newer one. A request that is too large is halved, and so are refused items: a smaller
 * request may find room.
 *
 * @returns one entry for each document, in order; `index` is the concrete index behind an alias
 * @throws LexpandError SERVICE when the engine stays away or full; INDEX when the index is missing or read-only, since
 *   no document can succeed then
 */
export async function writePending(
  client: Client,
  index: string,
  documents: readonly PreparedDocument[],
  persistence: WritePersistence,
): Promise<Written[]> {
  const attempt: Attempt = {
    client,
    index,
    documents,
    written: new Array<Written>(documents.length),
    refused: documents.map((_, at) => at),
    reason: '',
    onRefused: persistence.onRefused,
  }
  let size = documents.length
  const gaveUp = await persist(async () => {
    const open = attempt.refused.splice(0)
    for (let at = 0; at < open.length; at += size) await send(attempt, open.slice(at, at + size))
    size = Math.max(Math.ceil(size / 2), SMALLEST_PART)
    return attempt.refused.length === 0 ? undefined : attempt.reason
  }, persistence)
  if (gaveUp === undefined) return attempt.written
  throw new LexpandError(
    'SERVICE',
    `[enqueue] expected index ${index} to take documents, got for ${persistence.giveUpAfterMs / 1000} s: ${gaveUp} Run it again later: what is stored stays.`,
  )
}

interface Attempt {
  readonly client: Client
  readonly index: string
  readonly documents: readonly PreparedDocument[]
  readonly written: Written[]
  /** Positions to send again, and the reason. */
  readonly refused: number[]
  reason: string
  readonly onRefused: WritePersistence['onRefused']
}

/** Smaller requests cost more in themselves than for their documents. */
const SMALLEST_PART = 100

async function send(attempt: Attempt, part: readonly number[]): Promise<void> {
  const { client, index, documents, written, refused } = attempt
  const lines = part.flatMap((at) => {
    const document = documents[at] as PreparedDocument
    return [JSON.stringify({ index: actionOf(document) }), document.json]
  })
  try {
    const reply = await client.bulk({ index, body: lines as unknown as API.Bulk_RequestBody })
    let refusal: Refusal | undefined
    for (const [row, at] of part.entries()) {
      const item = reply.body.items[row]?.index
      const status = item?.status ?? 500
      const failure = item?.error as EngineFailure | undefined
      const outcome = outcomeOf(status, failure)
      if (outcome === 'written') {
        written[at] = {
          index: item?._index ?? index,
          seqNo: item?._seq_no ?? 0,
          primaryTerm: item?._primary_term ?? 0,
        }
      } else if (failure !== undefined && status >= 401 && status <= 404) {
        // A read-only, forbidden or missing index refuses all following documents as well.
        throw translateEngineFailure(failure, status, { part: 'enqueue', index })
      } else if (outcome === 'retry') {
        refused.push(at)
        refusal ??= { status, isOverload: isOverload(failure) }
        attempt.reason = `${engineCause(status, failure)}.`
      } else {
        const reason = engineCause(status, failure)
        written[at] = outcome === 'superseded' ? { reason, overtaken: true } : { reason }
      }
    }
    if (refusal !== undefined) attempt.onRefused?.(refusal)
  } catch (error) {
    if (error instanceof errors.ResponseError && (error.statusCode === 413 || error.statusCode === 400)) {
      // The request is too large as a whole, or one document makes it invalid: halving finds the culprit.
      const middle = Math.ceil(part.length / 2)
      const [only = 0] = part
      if (part.length === 1) {
        written[only] = { reason: reasonAlone(error, documents[only]?.bytes ?? 0, index) }
      } else {
        await send(attempt, part.slice(0, middle))
        await send(attempt, part.slice(middle))
      }
      return
    }
    const translated = translateEngineError(error, { part: 'enqueue', index })
    if (!isTransient(error)) throw translated
    refused.push(...part)
    attempt.onRefused?.(refusalOf(error))
    attempt.reason = translated.message
  }
}

function actionOf({ id, routing, version, onlyOver }: PreparedDocument) {
  if (version !== undefined) {
    return { _id: id, routing, version: numberOf(version), version_type: 'external' }
  }
  return {
    _id: id,
    ...(routing === undefined ? {} : { routing }),
    ...(onlyOver === undefined ? {} : { if_seq_no: onlyOver.seqNo, if_primary_term: onlyOver.primaryTerm }),
  }
}

/** The reason why a request with a single document was refused as a whole. */
function reasonAlone(error: errors.ResponseError, bytes: number, index: string): string {
  if (error.statusCode === 413) {
    return `[enqueue] expected a document within http.max_content_length of the engine, got ${bytes} bytes. Split it, or raise the limit.`
  }
  return translateEngineError(error, { part: 'enqueue', index }).message
}
