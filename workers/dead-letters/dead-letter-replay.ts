import type { Client } from '@opensearch-project/opensearch'
import { readSpecification, type SpecifiedIndex } from '../../mappings/compatibility.ts'
import { EngineDenied } from '../../opensearch/failures/denied.ts'
import { EngineBusy } from '../../opensearch/failures/transient.ts'
import { pendingSidecar } from '../documents/states.ts'
import { writeBack } from '../documents/write-back.ts'
import type { WriteBackItem } from '../documents/write-back-item.ts'
import { jobDocument } from '../queue/job-data.ts'
import type { EncodeQueue, QueuedDocument } from '../queue/queue.ts'
import type { DeadLetter } from './dead-letter.ts'
import { type LetterFilter, letterPages, type VerifiedLetter, verifiedLetters } from './dead-letter-pages.ts'
import { removeLetters } from './dead-letter-store.ts'

export interface ReplayTarget {
  readonly client: Client
  /** Returns the queue of a model, by `IndexSpecification.model.identity`; the caller closes it. */
  queueOf(identity: string): Promise<EncodeQueue>
}

export interface ReplayOptions {
  /** Counts only; nothing is written. @default false */
  readonly dryRun?: boolean | undefined
  /** Called after every page. */
  readonly onProgress?: ((report: ReplayReport) => void) | undefined
}

/** Counts of a replay. Each letter found is in exactly one of the counts after `found`. */
export interface ReplayReport {
  found: number
  /** Documents that are pending again and queued. Their letters are removed when they are encoded. */
  replayed: number
  /** Deleted documents; their letters are removed. */
  gone: number
  /** Documents that have another text or a vector by now; their letters are removed. */
  changed: number
  /** Documents that the engine still refuses to write; their letters stay. */
  refused: number
  /** Reasons of the first refusals. */
  readonly refusals: { readonly index: string; readonly id: string; readonly reason: string }[]
}

const MAX_REFUSALS = 20
const PERSISTENCE = { giveUpAfterMs: 60_000 }

/**
 * Makes the documents of letters pending again, each only if it is unchanged since it failed, and queues them. Run it
 * when the cause is gone; a document that fails again has its letter again, with one more attempt.
 *
 * @throws LexpandError INDEX when an index was not set up by Lexpand; SERVICE when engine or Redis stay away. Documents
 *   replayed until then are pending: run it again for the rest
 */
export async function replayLetters(
  target: ReplayTarget,
  filter: LetterFilter,
  { dryRun = false, onProgress }: ReplayOptions = {},
): Promise<ReplayReport> {
  const report: ReplayReport = { found: 0, replayed: 0, gone: 0, changed: 0, refused: 0, refusals: [] }
  for await (const page of verifiedLetters(target.client, filter)) {
    report.found += page.length
    const groups = Map.groupBy(page, ({ standing }) => standing)
    const gone = groups.get('gone') ?? []
    const changed = groups.get('changed') ?? []
    const again = [...(groups.get('failed') ?? []), ...(groups.get('waiting') ?? [])]
    report.gone += gone.length
    report.changed += changed.length
    if (dryRun) report.replayed += again.length
    else {
      await removeLetters(target.client, [...gone, ...changed])
      for (const [index, letters] of Map.groupBy(again, ({ letter }) => letter.index)) {
        const specification = await readSpecification(target.client, index)
        await replayIn(target, { name: index, specification }, letters, report)
      }
    }
    onProgress?.(report)
  }
  return report
}

async function replayIn(
  { client, queueOf }: ReplayTarget,
  specified: SpecifiedIndex,
  letters: readonly VerifiedLetter[],
  report: ReplayReport,
): Promise<void> {
  const { name: index, specification } = specified
  // The document is pending already: after an earlier replay, or because its job failed and not the document.
  const isPending = ({ standing, letter }: VerifiedLetter) =>
    standing === 'waiting' || letter.reason_class === 'job'
  const pending = letters.filter(isPending)
  const marked = letters.filter((letter) => !isPending(letter))
  const results = await writeBack(client, specified, marked.map(toPending), PERSISTENCE)
  const queued = pending.map(({ letter, document }) => toQueued(letter, document))
  for (const [at, stored] of marked.entries()) {
    const { letter } = stored
    const { outcome, reason = '', seqNo, primaryTerm } = results[at] ?? { outcome: 'retry' }
    if (outcome === 'written') queued.push(toQueued(letter, { seqNo, primaryTerm }))
    else if (outcome === 'retry') throw new EngineBusy('replay', index, reason)
    else if (outcome === 'denied') throw new EngineDenied(reason)
    else if (outcome === 'rejected') {
      report.refused++
      if (report.refusals.length < MAX_REFUSALS) report.refusals.push({ index, id: letter.id, reason })
    } else {
      report[outcome === 'deleted' ? 'gone' : 'changed']++
      await removeLetters(client, [stored])
    }
  }
  if (queued.length === 0) return
  const queue = await queueOf(specification.model.identity)
  await queue.add(index, specification.fingerprint, queued)
  report.replayed += queued.length
}

export interface DropReport {
  readonly found: number
  /** Number of letters removed; their documents stay as they are. */
  readonly dropped: number
}

/**
 * Removes letters. Their documents keep the state `failed`; a document that the engine refuses to write is found by the
 * next sweep and fails again.
 *
 * @throws LexpandError SERVICE when the engine stays away
 */
export async function dropLetters(
  client: Client,
  filter: LetterFilter,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<DropReport> {
  let found = 0
  for await (const page of letterPages(client, filter)) {
    found += page.length
    if (!dryRun) await removeLetters(client, page)
  }
  return { found, dropped: dryRun ? 0 : found }
}

function toPending({ letter: { id, routing, text_hash }, document }: VerifiedLetter): WriteBackItem {
  const { seqNo = -1, primaryTerm = -1 } = document ?? {}
  const event = document?.sidecar?.state === 'failed' ? 'replay' : 'write'
  const sidecar = pendingSidecar(text_hash, new Date(), event)
  return { id, routing, seqNo, primaryTerm, features: undefined, sidecar }
}

function toQueued(
  { id, routing, text_hash: textHash }: DeadLetter,
  { seqNo = 0, primaryTerm = 0 }: { seqNo?: number | undefined; primaryTerm?: number | undefined } = {},
): QueuedDocument {
  return jobDocument({ id, routing, seqNo, primaryTerm, textHash })
}
