import { type Client, errors } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { textHash } from '../../mappings/text/text-hash.ts'
import { EngineDenied } from '../../opensearch/failures/denied.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import { EngineBusy } from '../../opensearch/failures/transient.ts'
import { readDocuments } from '../documents/read-documents.ts'
import { isSettled, pendingSidecar } from '../documents/states.ts'
import { writeBack } from '../documents/write-back.ts'
import type { JobData } from '../queue/job-data.ts'
import { NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.ts'
import { putLetters } from './dead-letter-store.ts'
import { letterOf } from './fail-documents.ts'

export interface GiveUpDependencies {
  readonly client: Client
  specificationOf(index: string): Promise<IndexSpecification>
  readonly telemetry?: Telemetry | undefined
}

/** The engine is rarely the reason why a job is given up, and the next job of this worker waits meanwhile. */
const PATIENCE = { giveUpAfterMs: 10_000 }

/**
 * Leaves a dead letter for every document that a job could not settle. The documents stay pending, since the encoder is
 * at fault and not they; a letter is removed when its document is encoded after all.
 *
 * A document whose text was changed past the pipeline is not marked as pending, and the sweep that found it has passed
 * it for good. Here it becomes pending, without the vector of its old text, so that a later sweep finds it.
 *
 * @param attempts number of attempts of the job
 * @throws LexpandError SERVICE or INDEX when documents cannot be read or letters cannot be stored; EngineBusy when
 *   documents cannot be marked
 */
export async function giveUpJob(
  { index, documents, fingerprint }: JobData,
  cause: unknown,
  attempts: number,
  { client, specificationOf, telemetry = NO_TELEMETRY }: GiveUpDependencies,
): Promise<void> {
  const specification = await specificationOf(index)
  const { fields } = specification
  const stored = await readDocuments(client, index, fields, documents)
  // The client quotes the engine, and the engine quotes field values: only Lexpand's own words are stored.
  const told =
    cause instanceof errors.OpenSearchClientError
      ? translateEngineError(cause, { part: 'worker', index })
      : cause
  const failure = {
    reasonClass: 'job' as const,
    reason: told instanceof Error ? told.message : String(told),
    stack: told instanceof Error ? told.stack : undefined,
  }
  const waiting = stored
    .map((document) => ({ ...document, hash: textHash(document.source, fields), failure }))
    .filter(({ sidecar, hash }) => !isSettled(sidecar, hash, fingerprint))
  await putLetters(
    client,
    waiting.map((document) => letterOf(index, document, fingerprint, attempts)),
  )
  if (waiting.length > 0) telemetry.deadLetter(index, 'job', waiting.length)
  // A vector of another specification belongs to this text: it stays until the new one is there.
  const changed = waiting.filter(
    ({ sidecar, hash }) => isStored(sidecar?.state) && sidecar?.text_hash !== hash,
  )
  const items = changed.map(({ id, routing, seqNo, primaryTerm, hash }) => ({
    id,
    routing,
    seqNo,
    primaryTerm,
    features: undefined,
    sidecar: pendingSidecar(hash, new Date(), 'giveUp'),
  }))
  const results = await writeBack(client, { name: index, specification }, items, PATIENCE)
  // No other outcome leaves anything to do: a new version has its own job or its own sweep.
  const denied = results.find(({ outcome }) => outcome === 'denied')
  if (denied !== undefined) throw new EngineDenied(denied.reason ?? 'no answer')
  const busy = results.find(({ outcome }) => outcome === 'retry' || outcome === 'rejected')
  if (busy !== undefined) throw new EngineBusy('worker', index, busy.reason ?? 'no answer')
}

function isStored(state: unknown): boolean {
  return state !== undefined && state !== 'pending'
}
