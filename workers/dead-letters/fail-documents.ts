import type { Client } from '@opensearch-project/opensearch'
import type { SpecifiedIndex } from '../../mappings/compatibility.ts'
import { textStart } from '../../sparse/text-start.ts'
import { failedSidecar } from '../documents/states.ts'
import { type WritePersistence, writeBack } from '../documents/write-back.ts'
import type { DocumentVersion, WriteBackResult } from '../documents/write-back-item.ts'
import type { JobReport } from '../queue/job-report.ts'
import { NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.ts'
import type { DeadLetter, ReasonClass } from './dead-letter.ts'
import { type LetterVersion, putLetters, removeLetters } from './dead-letter-store.ts'

export interface Failure {
  readonly reasonClass: ReasonClass
  /** The document's own cause, without its text. */
  readonly reason: string
  readonly stack?: string | undefined
}

export interface FailedDocument extends DocumentVersion {
  readonly hash: string
  readonly failure: Failure
}

export interface FailDependencies {
  readonly client: Client
  readonly persistence: WritePersistence
  readonly telemetry?: Telemetry | undefined
}

/** The part of the work that is left after documents were marked. */
export interface FailResult {
  /** Documents that changed in the meantime. */
  readonly superseded: readonly DocumentVersion[]
  /** Reason why the engine had no room for some documents. */
  readonly busy?: string | undefined
  /** Reason why the user may not write some documents. */
  readonly denied?: string | undefined
}

/**
 * Gives each document a dead letter and then the state `failed`, so that a reader who sees the state finds the letter.
 * A deleted document loses its letter again. A document that was overtaken keeps its letter until it is read again:
 * another worker may have failed on it at the same time, and the letter is then right. A document that takes no state
 * at all keeps its letter, marked so.
 *
 * @throws EngineBusy or EngineDenied when the letters cannot be stored now; LexpandError SERVICE when they never can.
 *   No state is changed in either case
 */
export async function failDocuments(
  specified: SpecifiedIndex,
  failed: readonly FailedDocument[],
  { client, persistence, telemetry = NO_TELEMETRY }: FailDependencies,
  report: JobReport,
): Promise<FailResult> {
  if (failed.length === 0) return { superseded: [] }
  const { name: index, specification } = specified
  const { fingerprint } = specification
  const letters = failed.map((document) => letterOf(index, document, fingerprint, 1))
  const versions = await putLetters(client, letters)
  const results = await writeBack(client, specified, failed.map(toItem(fingerprint)), persistence)
  const outcomes = Map.groupBy(failed.keys(), (at) => results[at]?.outcome ?? 'retry')
  const of = (outcome: WriteBackResult['outcome']) => outcomes.get(outcome) ?? []

  const superseded = of('superseded').map((at) => failed[at] as FailedDocument)
  await removeLetters(
    client,
    of('deleted').map((at) => versions[at] as LetterVersion),
  )
  const stuck = of('rejected').map((at) => ({ ...(letters[at] as DeadLetter), state_refused: true }))
  await putLetters(client, stuck)

  report.deleted += of('deleted').length
  for (const at of [...of('written'), ...of('rejected')]) {
    const { id, failure } = failed[at] as FailedDocument
    report.failed++
    report.failures.push({ id, reason: failure.reason })
    telemetry.deadLetter(index, failure.reasonClass, 1)
  }
  const reasonOf = ([at]: readonly number[]) =>
    at === undefined ? undefined : (results[at]?.reason ?? 'no answer')
  return { superseded, busy: reasonOf(of('retry')), denied: reasonOf(of('denied')) }
}

const MAX_REASON_CHARACTERS = 1_000
const MAX_STACK_CHARACTERS = 4_000

/** @param attempts number of attempts for the text since the last letter */
export function letterOf(
  index: string,
  { id, routing, seqNo, hash, failure: { reasonClass, reason, stack } }: FailedDocument,
  fingerprint: string,
  attempts: number,
): DeadLetter {
  return {
    index,
    id,
    ...(routing === undefined ? {} : { routing }),
    reason_class: reasonClass,
    reason: textStart(reason, MAX_REASON_CHARACTERS),
    ...(stack === undefined ? {} : { stack: textStart(stack, MAX_STACK_CHARACTERS) }),
    attempts,
    text_hash: hash,
    fingerprint,
    failed_at: new Date().toISOString(),
    seq_no: seqNo,
  }
}

function toItem(fingerprint: string) {
  return ({ id, routing, seqNo, primaryTerm, hash, failure }: FailedDocument) => ({
    id,
    routing,
    seqNo,
    primaryTerm,
    features: undefined,
    sidecar: failedSidecar(hash, fingerprint, failure.reason),
  })
}
