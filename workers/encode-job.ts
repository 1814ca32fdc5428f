import type { Client } from '@opensearch-project/opensearch'
import { assertFingerprint } from '../mappings/compatibility.ts'
import type { IndexSpecification } from '../mappings/specification.ts'
import { documentText } from '../mappings/text.ts'
import { textHash } from '../mappings/text-hash.ts'
import type { Encoder } from '../sparse/encoder.ts'
import { toFeatures } from '../sparse/features.ts'
import type { WordPieceTokenizer } from '../sparse/tokenizer.ts'
import type { Persistence } from './back-off.ts'
import { expandEach } from './expand-each.ts'
import type { JobData, JobDocument } from './job-data.ts'
import { indexExists, readDocuments, type StoredDocument } from './read-documents.ts'
import { emptySidecar, failedSidecar, isSettled, readySidecar } from './states.ts'
import { EngineBusy, isNotFound } from './transient.ts'
import { type WriteBackItem, writeBack } from './write-back.ts'

export interface JobDependencies {
  readonly client: Client
  readonly tokenizer: WordPieceTokenizer
  readonly encoder: Encoder
  specificationOf(index: string): Promise<IndexSpecification>
  /** How long a write waits for an engine that has no room, before the job as a whole is postponed. */
  readonly persistence: Persistence
}

/** What became of the documents of a job; each is in exactly one of the counts. */
export interface JobReport {
  /** Encoded and written. */
  ready: number
  /** Without text, marked so. */
  empty: number
  /** Marked `failed` with the reason; see `failures`. */
  failed: number
  /** Nothing to do: another job was there first. */
  settled: number
  /** Gone. */
  deleted: number
  /** Changed again and again while being encoded; still pending, for the next sweep. */
  superseded: number
  /** Word pieces encoded. */
  tokens: number
  readonly failures: { readonly id: string; readonly reason: string }[]
  readMs: number
  encodeMs: number
  writeMs: number
}

export function emptyReport(): JobReport {
  return {
    ready: 0,
    empty: 0,
    failed: 0,
    settled: 0,
    deleted: 0,
    superseded: 0,
    tokens: 0,
    failures: [],
    readMs: 0,
    encodeMs: 0,
    writeMs: 0,
  }
}

/** A document that was overtaken while being encoded is read and encoded again in the same job, this many times. */
const MAX_ROUNDS = 3

/**
 * Encodes the documents of a job as they are now and writes the vectors to exactly the versions that were read.
 * Running it twice is harmless: settled documents are left alone.
 *
 * @param report is filled while the work goes on, so that it is right also when the job ends with an error
 * @throws EngineBusy when writes stay refused; LexpandError INDEX for another fingerprint; ENCODER when the
 *   encoder fails on everything; whatever the engine says when it cannot be read
 */
export async function processJob(
  job: JobData,
  dependencies: JobDependencies,
  report: JobReport,
): Promise<void> {
  const specification = await specificationOf(job, dependencies)
  assertFingerprint(specification, job.fingerprint, job.index)
  let open: readonly JobDocument[] = job.documents
  for (let round = 0; round < MAX_ROUNDS && open.length > 0; round++) {
    open = await encodeOnce(job.index, open, specification, dependencies, report)
  }
  report.superseded += open.length
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

/** @returns the documents that somebody changed in the meantime */
async function encodeOnce(
  index: string,
  documents: readonly JobDocument[],
  specification: IndexSpecification,
  dependencies: JobDependencies,
  report: JobReport,
): Promise<JobDocument[]> {
  const clock = stopwatch()
  const stored = await readDocuments(dependencies.client, index, specification.fields, documents)
  report.deleted += documents.length - stored.length
  report.readMs += clock()
  const items = await newStates(stored, specification, dependencies, report)
  report.encodeMs += clock()
  const superseded = await write(index, items, specification, dependencies, report)
  report.writeMs += clock()
  const again = new Set(superseded.map(keyOf))
  return documents.filter((document) => again.has(keyOf(document)))
}

async function newStates(
  stored: readonly StoredDocument[],
  { fields, fingerprint, windowing, pruning }: IndexSpecification,
  { tokenizer, encoder }: JobDependencies,
  report: JobReport,
): Promise<WriteBackItem[]> {
  const items: WriteBackItem[] = []
  const texts: string[] = []
  const waiting: { base: Version; hash: string }[] = []
  for (const document of stored) {
    const hash = textHash(document.source, fields)
    if (isSettled(document.sidecar, hash, fingerprint)) {
      report.settled++
      continue
    }
    const found = documentText(document.source, fields)
    const base = versionOf(document)
    if ('error' in found) {
      items.push({ ...base, features: undefined, sidecar: failedSidecar(hash, fingerprint, found.error) })
    } else if (found.text === '') {
      items.push({ ...base, features: undefined, sidecar: emptySidecar(hash, fingerprint) })
    } else {
      texts.push(found.text)
      waiting.push({ base, hash })
    }
  }
  // The encoder has its own token budget; here nothing is gained by cutting the job into smaller calls.
  const tokenBudget = Number.MAX_SAFE_INTEGER
  const expanded = await expandEach(texts, { tokenizer, windowing, pruning, encoder, tokenBudget })
  const now = new Date()
  waiting.forEach(({ base, hash }, at) => {
    const result = expanded[at] ?? { error: 'the encoder gave no vector' }
    if ('error' in result) {
      items.push({ ...base, features: undefined, sidecar: failedSidecar(hash, fingerprint, result.error) })
      return
    }
    report.tokens += result.tokens
    const features = toFeatures(result.vector, tokenizer)
    // Text without a single known word piece has nothing to be found by, like no text.
    items.push(
      features.size === 0
        ? { ...base, features: undefined, sidecar: emptySidecar(hash, fingerprint) }
        : { ...base, features, sidecar: readySidecar(hash, fingerprint, result, now) },
    )
  })
  return items
}

/** @returns the items that were overtaken */
async function write(
  index: string,
  items: readonly WriteBackItem[],
  specification: IndexSpecification,
  dependencies: JobDependencies,
  report: JobReport,
): Promise<WriteBackItem[]> {
  const { client, persistence } = dependencies
  const superseded: WriteBackItem[] = []
  const refused: WriteBackItem[] = []
  const results = await writeBack(client, index, specification.sparse_field, items, persistence)
  let busy: string | undefined
  for (const [at, item] of items.entries()) {
    const { outcome, reason = '' } = results[at] ?? { outcome: 'retry' }
    if (outcome === 'written') count(item, report)
    else if (outcome === 'superseded') superseded.push(item)
    else if (outcome === 'deleted') report.deleted++
    else if (outcome === 'retry') busy = reason
    else if (item.features === undefined) {
      // Not even the state without a vector is taken: nothing more can be written, so the report has to say it.
      report.failed++
      report.failures.push({ id: item.id, reason })
    } else refused.push(withoutVector(item, specification.fingerprint, reason))
  }
  if (busy !== undefined) throw new EngineBusy('write-back', index, busy)
  if (refused.length === 0) return superseded
  return [...superseded, ...(await write(index, refused, specification, dependencies, report))]
}

function count(item: WriteBackItem, report: JobReport): void {
  const { state, error } = item.sidecar
  if (state === 'failed') report.failures.push({ id: item.id, reason: error ?? '' })
  if (state !== 'pending') report[state]++
}

function withoutVector(item: WriteBackItem, fingerprint: string, reason: string): WriteBackItem {
  const hash = item.sidecar.text_hash ?? ''
  return {
    ...item,
    features: undefined,
    sidecar: failedSidecar(hash, fingerprint, `the engine refused the vector: ${reason}`),
  }
}

type Version = Pick<WriteBackItem, 'id' | 'routing' | 'seqNo' | 'primaryTerm'>

function versionOf({ id, routing, seqNo, primaryTerm }: StoredDocument): Version {
  return { id, routing, seqNo, primaryTerm }
}

/** Ids are unique only within one routing value. */
function keyOf({ id, routing }: { id: string; routing?: string | undefined }): string {
  return JSON.stringify([id, routing])
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
