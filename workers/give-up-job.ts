import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../mappings/specification.ts'
import { textHash } from '../mappings/text-hash.ts'
import { putLetters } from './dead-letter-store.ts'
import { letterOf } from './fail-documents.ts'
import type { JobData } from './job-data.ts'
import { readDocuments } from './read-documents.ts'
import { isSettled } from './states.ts'
import { NO_TELEMETRY, type Telemetry } from './telemetry.ts'

export interface GiveUpDependencies {
  readonly client: Client
  specificationOf(index: string): Promise<IndexSpecification>
  readonly telemetry?: Telemetry
}

/**
 * Leaves a dead letter for every document that a job could not settle. The documents stay pending, since the
 * encoder and not they are at fault; the letter goes when one is encoded after all.
 *
 * @param attempts of the job
 * @throws LexpandError SERVICE or INDEX when documents cannot be read or letters not be stored
 */
export async function giveUpJob(
  { index, documents, fingerprint }: JobData,
  cause: unknown,
  attempts: number,
  { client, specificationOf, telemetry = NO_TELEMETRY }: GiveUpDependencies,
): Promise<void> {
  const { fields } = await specificationOf(index)
  const stored = await readDocuments(client, index, fields, documents)
  const failure = {
    reasonClass: 'job' as const,
    reason: cause instanceof Error ? cause.message : String(cause),
    stack: cause instanceof Error ? cause.stack : undefined,
  }
  const letters = stored.flatMap((document) => {
    const hash = textHash(document.source, fields)
    if (isSettled(document.sidecar, hash, fingerprint)) return []
    return [letterOf(index, { ...document, hash, failure }, fingerprint, attempts)]
  })
  await putLetters(client, letters)
  if (letters.length > 0) telemetry.deadLetter(index, 'job', letters.length)
}
