import type { Client } from '@opensearch-project/opensearch'
import { assertFingerprint, type SpecifiedIndex } from '../../mappings/compatibility.ts'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { VECTOR_MARK } from '../../mappings/vectors/vector-mark.ts'
import { EngineDenied } from '../../opensearch/failures/denied.ts'
import { EngineBusy, isNotFound } from '../../opensearch/failures/transient.ts'
import { findLetters, removeLetters } from '../dead-letters/dead-letter-store.ts'
import { type FailedDocument, failDocuments } from '../dead-letters/fail-documents.ts'
import { knownFailures, obsoleteLetters } from '../dead-letters/known-letters.ts'
import { indexExists, keyOf, readDocuments, type StoredDocument } from '../documents/read-documents.ts'
import { type WritePersistence, writeBack } from '../documents/write-back.ts'
import type { DocumentVersion, WriteBackItem } from '../documents/write-back-item.ts'
import type { JobData, JobDocument } from '../queue/job-data.ts'
import type { JobReport } from '../queue/job-report.ts'
import type { VersionClaims } from '../queue/version-claims.ts'
import { type DocumentOutcome, NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.ts'
import { traced } from '../telemetry/traces.ts'
import { type EncodingDependencies, newStates } from './encode-documents.ts'

export interface JobDependencies extends EncodingDependencies {
  readonly client: Client
  specificationOf(index: string): Promise<IndexSpecification>
  /** Whether vectors carry `VECTOR_MARK`, because `_source` does not keep them. @default none do */
  readonly marksVectors?: ((index: string) => Promise<boolean>) | undefined
  /** Time that a write waits for an engine without room, before the job as a whole is postponed. */
  readonly persistence: WritePersistence
  /** @default none: two jobs may then encode the same version at the same time, which only costs effort */
  readonly claims?: VersionClaims | undefined
  /** @default no telemetry */
  readonly telemetry?: Telemetry | undefined
}

/** A document that is overtaken while it is encoded is read and encoded again in the same job, at most this many times. */
const MAX_ROUNDS = 3

/**
 * Encodes the documents of a job as they are now and writes the vectors to exactly the versions that were read. Running
 * it twice is harmless: settled documents are left alone.
 *
 * @param report is filled as the work goes on, so that it is right even when the job ends with an error
 * @throws EngineBusy when writes stay refused; EngineDenied when they are forbidden; LexpandError INDEX for another
 *   fingerprint; ENCODER when the encoder fails on everything; and any error of the engine when documents cannot be read
 */
export async function processJob(
  job: JobData,
  dependencies: JobDependencies,
  report: JobReport,
): Promise<void> {
  const specification = await specificationOf(job, dependencies)
  const specified = { name: job.index, specification }
  assertFingerprint(specification, job.fingerprint, job.index)
  try {
    let open: readonly JobDocument[] = job.documents
    for (let round = 0; round < MAX_ROUNDS && open.length > 0; round++) {
      open = await encodeOnce(specified, open, dependencies, report)
    }
    report.superseded += open.length
  } finally {
    tell(dependencies.telemetry ?? NO_TELEMETRY, job.index, report)
  }
}

async function specificationOf(
  { index, documents }: JobData,
  { client, specificationOf: read }: JobDependencies,
): Promise<IndexSpecification> {
  try {
    return await read(index)
  } catch (error) {
    const [first] = documents
    if (first !== undefined && isNotFound(error) && (await indexExists(client, index, first))) {
      throw new EngineBusy('read', index, 'no mapping yet, though the index is there')
    }
    throw error
  }
}

/** @returns the documents that another client changed in the meantime */
async function encodeOnce(
  specified: SpecifiedIndex,
  documents: readonly JobDocument[],
  dependencies: JobDependencies,
  report: JobReport,
): Promise<JobDocument[]> {
  const { name: index, specification } = specified
  const { client } = dependencies
  const clock = stopwatch()
  const size = { 'lexpand.index': index, 'lexpand.documents': documents.length }
  const [stored, letters] = await traced('read', size, () =>
    Promise.all([
      readDocuments(client, index, specification.fields, documents),
      findLetters(client, index, documents),
    ]),
  )
  const { fresh: unknown, unmarked, stuck } = knownFailures(stored, letters, specification)
  const fresh = (await dependencies.claims?.take(index, unknown)) ?? unknown
  report.deleted += documents.length - stored.length
  // A version that another job is encoding needs nothing from this job, so it counts as settled.
  report.settled += stuck.length + (unknown.length - fresh.length)
  report.readMs += clock()
  const cachedBefore = report.cached
  const states = await traced('encode', { ...size, 'lexpand.documents': fresh.length }, () =>
    newStates(fresh, specification, dependencies, report),
  )
  dependencies.telemetry?.reused(index, 'cache', report.cached - cachedBefore)
  report.encodeMs += clock()
  const written = await traced('write', { ...size, 'lexpand.documents': states.items.length }, () =>
    write(specified, states.items, dependencies, report),
  )
  tellFreshness(dependencies.telemetry ?? NO_TELEMETRY, index, fresh, written.ready)
  await removeLetters(client, obsoleteLetters(letters, stored, written.done, specification))
  const failed = await failDocuments(
    specified,
    [...unmarked, ...states.failed, ...written.refused],
    dependencies,
    report,
  )
  report.writeMs += clock()
  // Thrown last: all other documents then have their state and are not encoded again when the job comes back.
  const denied = written.denied ?? failed.denied
  if (denied !== undefined) throw new EngineDenied(denied)
  const busy = written.busy ?? failed.busy
  if (busy !== undefined) throw new EngineBusy('write-back', index, busy)
  const again = new Set([...written.superseded, ...failed.superseded].map(keyOf))
  return documents.filter((document) => again.has(keyOf(document)))
}

interface WriteResult {
  /** Keys of documents that have their vector. */
  readonly ready: ReadonlySet<string>
  /** Keys of documents that have their new state or no longer exist. */
  readonly done: ReadonlySet<string>
  readonly superseded: readonly DocumentVersion[]
  readonly refused: readonly FailedDocument[]
  readonly busy: string | undefined
  readonly denied: string | undefined
}

async function write(
  specified: SpecifiedIndex,
  items: readonly WriteBackItem[],
  { client, persistence, marksVectors }: JobDependencies,
  report: JobReport,
): Promise<WriteResult> {
  const ready = new Set<string>()
  const done = new Set<string>()
  const superseded: DocumentVersion[] = []
  const refused: FailedDocument[] = []
  const isMarked = items.length > 0 && (await marksVectors?.(specified.name)) === true
  const written = isMarked ? items.map(withMark) : items
  const results = await writeBack(client, specified, written, persistence)
  let busy: string | undefined
  let denied: string | undefined
  for (const [at, item] of items.entries()) {
    const { outcome, reason = '' } = results[at] ?? { outcome: 'retry' }
    if (outcome === 'written' || outcome === 'deleted') done.add(keyOf(item))
    if (outcome === 'written' && item.features !== undefined) ready.add(keyOf(item))
    if (outcome === 'written') report[item.features === undefined ? 'empty' : 'ready']++
    else if (outcome === 'superseded') superseded.push(item)
    else if (outcome === 'deleted') report.deleted++
    else if (outcome === 'retry') busy = reason
    else if (outcome === 'denied') denied = reason
    else refused.push(refusedByMapper(item, reason))
  }
  return { ready, done, superseded, refused, busy, denied }
}

function withMark({ features, ...item }: WriteBackItem): WriteBackItem {
  return { ...item, features: features && new Map(features).set(VECTOR_MARK, 1) }
}

function refusedByMapper(
  { id, routing, seqNo, primaryTerm, sidecar }: WriteBackItem,
  reason: string,
): FailedDocument {
  return {
    id,
    routing,
    seqNo,
    primaryTerm,
    hash: sidecar.text_hash ?? '',
    failure: { reasonClass: 'mapper', reason: `the engine refused the vector: ${reason}` },
  }
}

/** Clocks differ: a text whose time lies in the future counts as written now. */
function tellFreshness(
  telemetry: Telemetry,
  index: string,
  documents: readonly StoredDocument[],
  ready: ReadonlySet<string>,
): void {
  const now = Date.now()
  for (const document of documents) {
    const since = Date.parse(document.sidecar?.pending_since ?? '')
    if (ready.has(keyOf(document)) && !Number.isNaN(since))
      telemetry.freshness(index, Math.max(0, now - since) / 1_000)
  }
}

const OUTCOMES = ['ready', 'empty', 'failed', 'settled', 'deleted', 'superseded'] as const

function tell(telemetry: Telemetry, index: string, report: JobReport): void {
  for (const outcome of OUTCOMES satisfies readonly DocumentOutcome[]) {
    if (report[outcome] > 0) telemetry.documents(index, outcome, report[outcome])
  }
  telemetry.stage(index, 'read', report.readMs / 1_000)
  telemetry.stage(index, 'encode', report.encodeMs / 1_000)
  telemetry.stage(index, 'write', report.writeMs / 1_000)
}

/** Milliseconds since the last call. */
function stopwatch(): () => number {
  let last = performance.now()
  return () => {
    const now = performance.now()
    const passed = now - last
    last = now
    return passed
  }
}
