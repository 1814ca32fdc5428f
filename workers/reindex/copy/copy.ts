import { type API, type Client, errors } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../../mappings/sidecar.ts'
import { type Persistence, persist } from '../../../opensearch/failures/back-off.ts'
import { outcomeOf } from '../../../opensearch/failures/bulk-outcome.ts'
import { engineCause } from '../../../opensearch/failures/engine-cause.ts'
import { translateEngineError, translateEngineFailure } from '../../../opensearch/failures/engine-error.ts'
import type { EngineFailure } from '../../../opensearch/failures/engine-failure.ts'
import { EngineBusy, isTransient } from '../../../opensearch/failures/transient.ts'
import { LexpandError } from '../../../sparse/errors.ts'
import { type DocumentName, type RawDocument, readRaw } from '../../documents/raw-documents.ts'
import { jobDocument } from '../../queue/job-data.ts'
import type { QueuedDocument } from '../../queue/queue.ts'
import type { Reshape, ToEncode } from './reshape.ts'

/** One direction of copying. */
export interface CopyLink {
  readonly client: Client
  /** Concrete index. */
  readonly from: string
  /** Concrete index. */
  readonly to: string
  /** The sparse field of `to`, if it has one. */
  readonly sparseField: string | undefined
  /** Whether clients number their writes themselves: a copy then has the version of its original. @default false */
  readonly keepsVersions?: boolean | undefined
  readonly reshape: Reshape
  readonly persistence: Persistence
}

/** A document that may differ between the two indices; its shard is the one in `from`. */
export interface CopyCandidate extends DocumentName {
  readonly shard: number
}

export interface Copied {
  /** Number of documents written to `to`. */
  readonly written: number
  /** Number of documents deleted in `to`, because `from` does not have them. */
  readonly removed: number
  /** Documents of `to` that wait for a vector and have to be queued. */
  readonly pending: readonly QueuedDocument[]
}

/** The size of a request that OpenSearch recommends. */
const CHUNK_BYTES = 5_000_000
const FIRST_CHUNK = 100
const MAX_CHUNK = 1_000

/**
 * Makes documents of `to` equal to those of `from`: they are written, replaced, or deleted. The newer version wins,
 * whatever other process does the same at the same time: the version in `to` is read first, then the newest document in
 * `from`, and the write is bound to the version read (`if_seq_no`, `if_primary_term`, or that there is none). A process
 * that wrote in between has read `from` earlier; the write here then fails and the document is looked at again.
 * Documents are copied as they are, past the ingest pipeline.
 *
 * Running it again changes nothing.
 *
 * @throws LexpandError INDEX when `to` refuses a document for good; EngineBusy when it stays busy
 */
export async function copyDocuments(link: CopyLink, candidates: readonly CopyCandidate[]): Promise<Copied> {
  const total = { written: 0, removed: 0, pending: [] as QueuedDocument[] }
  let size = FIRST_CHUNK
  for (let at = 0; at < candidates.length; ) {
    const chunk = candidates.slice(at, at + size)
    const bytes = await copyChunk(link, chunk, total)
    at += chunk.length
    const wanted = Math.floor((CHUNK_BYTES * chunk.length) / Math.max(bytes, 1))
    size = Math.min(MAX_CHUNK, Math.max(1, Math.min(wanted, size * 4)))
  }
  return total
}

type Total = { written: number; removed: number; pending: QueuedDocument[] }

/** @returns number of bytes read */
async function copyChunk(link: CopyLink, chunk: readonly CopyCandidate[], total: Total): Promise<number> {
  let open = chunk
  let bytes = 0
  const gaveUp = await persist(async () => {
    try {
      const round = await copyOnce(link, open, total)
      bytes = Math.max(bytes, round.bytes)
      open = round.again
      return open.length === 0 ? undefined : round.reason
    } catch (error) {
      if (!isTransient(error)) throw error
      return error instanceof Error ? error.message : String(error)
    }
  }, link.persistence)
  if (gaveUp !== undefined) throw new EngineBusy('reindex', link.to, gaveUp)
  return bytes
}

interface Round {
  readonly again: CopyCandidate[]
  readonly reason: string
  readonly bytes: number
}

async function copyOnce(link: CopyLink, chunk: readonly CopyCandidate[], total: Total): Promise<Round> {
  const { client, from, to, sparseField } = link
  const ours = sparseField === undefined ? [SIDECAR] : [SIDECAR, sparseField]
  const present = await readRaw(client, { index: to, part: 'reindex' }, chunk, ours)
  const newest = await readRaw(client, { index: from, part: 'reindex' }, chunk)
  const writes: Write[] = []
  for (const [at, candidate] of chunk.entries()) {
    const there = present.documents[at]
    const here = newest.documents[at]
    if (here === undefined) {
      if (there !== undefined) writes.push({ candidate, lines: [deletion(candidate, there)] })
      continue
    }
    const copy = link.reshape(here, candidate.shard, there)
    if (!('same' in copy)) {
      const action = link.keepsVersions
        ? sameVersion(candidate, here)
        : there === undefined
          ? creation(candidate)
          : replacement(candidate, there)
      writes.push({ candidate, lines: [action, JSON.stringify(copy.source)], encode: copy.encode })
    } else if (copy.encode !== undefined && there !== undefined) {
      total.pending.push(queued(candidate, copy.encode, there))
    }
  }
  const round: Round = { again: [], reason: '', bytes: newest.bytes }
  return send(link, writes, total, round)
}

interface Write {
  readonly candidate: CopyCandidate
  readonly lines: readonly string[]
  readonly encode?: ToEncode | undefined
}

async function send(link: CopyLink, writes: readonly Write[], total: Total, round: Round): Promise<Round> {
  if (writes.length === 0) return round
  let reason = round.reason
  const again = [...round.again]
  try {
    const reply = await link.client.bulk({
      index: link.to,
      pipeline: '_none',
      require_alias: false,
      body: writes.flatMap(({ lines }) => lines) as unknown as API.Bulk_RequestBody,
    })
    for (const [at, { candidate, encode }] of writes.entries()) {
      const item = Object.values(reply.body.items[at] ?? {})[0]
      const status = item?.status ?? 500
      const failure = item?.error as EngineFailure | undefined
      const outcome = outcomeOf(status, failure)
      if (outcome === 'written' || outcome === 'deleted') {
        if (item?.result === 'deleted' || outcome === 'deleted') total.removed++
        else total.written++
        if (encode !== undefined) {
          const written = { seqNo: item?._seq_no ?? 0, primaryTerm: item?._primary_term ?? 0 }
          total.pending.push(queued(candidate, encode, written))
        }
      } else if (outcome === 'denied') {
        throw translateEngineFailure(failure ?? {}, status, { part: 'reindex', index: link.to })
      } else if (outcome === 'rejected') {
        throw refused(link, candidate, engineCause(status, failure))
      } else {
        again.push(candidate)
        reason = engineCause(status, failure)
      }
    }
    return { ...round, again, reason }
  } catch (error) {
    if (!(error instanceof errors.ResponseError) || error.statusCode !== 413) {
      throw translateEngineError(error, { part: 'reindex', index: link.to })
    }
    const middle = Math.ceil(writes.length / 2)
    const [only] = writes
    if (only !== undefined && writes.length === 1) {
      throw refused(link, only.candidate, 'it is larger than http.max_content_length')
    }
    return send(link, writes.slice(middle), total, await send(link, writes.slice(0, middle), total, round))
  }
}

function refused({ from, to }: CopyLink, { id }: CopyCandidate, reason: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[reindex] expected index ${to} to take document ${JSON.stringify(id)} of ${from}, got: ${reason}. Nothing was switched. Correct the mapping of ${to} (or the document) and run the same command again; after DELETE ${to} it starts anew.`,
  )
}

function target({ id, routing }: CopyCandidate) {
  return { _id: id, ...(routing === undefined ? {} : { routing }) }
}

function bound({ seqNo, primaryTerm }: RawDocument) {
  return { if_seq_no: seqNo, if_primary_term: primaryTerm }
}

function creation(candidate: CopyCandidate): string {
  return JSON.stringify({ create: target(candidate) })
}

function replacement(candidate: CopyCandidate, there: RawDocument): string {
  return JSON.stringify({ index: { ...target(candidate), ...bound(there) } })
}

/** Newer wins here, too: a write of an older version is refused. Two copies of one version have one text. */
function sameVersion(candidate: CopyCandidate, { version }: RawDocument): string {
  return JSON.stringify({ index: { ...target(candidate), version, version_type: 'external_gte' } })
}

function deletion(candidate: CopyCandidate, there: RawDocument): string {
  return JSON.stringify({ delete: { ...target(candidate), ...bound(there) } })
}

function queued(
  { id, routing }: CopyCandidate,
  { textHash, textBytes }: ToEncode,
  { seqNo, primaryTerm }: Pick<RawDocument, 'seqNo' | 'primaryTerm'>,
): QueuedDocument {
  return { ...jobDocument({ id, routing, seqNo, primaryTerm, textHash }), textBytes }
}
