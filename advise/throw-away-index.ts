import { hostname } from 'node:os'
import type { API, Client } from '@opensearch-project/opensearch'
import type { VectorType } from '../mappings/index.ts'
import { isAlive } from '../measure/is-alive.ts'
import { postingsBytes } from '../measure/search-index.ts'
import { SPARSE_FIELD } from '../measure/search-variants.ts'
import { persist } from '../opensearch/failures/back-off.ts'
import { OWN_INDEX_SETTINGS } from '../opensearch/own-index.ts'
import type { EncodedDocument } from '../quality/corpus-vectors.ts'
import { LexpandError, prune, type WordPieceTokenizer } from '../sparse/index.ts'

/** Prefix of every index of the adviser. Each is also marked in its mapping, and an index without the mark is never touched. */
export const THROW_AWAY_PREFIX = 'lexpand-advise-'

/** A longer run ends itself, so an older index belongs to no running process. */
export const LONGEST_RUN_MS = 2 * 3_600_000

const MARK = 'lexpand_advise'
const BATCH = 500
const PATIENCE_MS = 60_000

/** Origin of a throw-away index. */
export interface Mark {
  /** The index that is measured. */
  readonly of: string
  readonly host: string
  readonly pid: number
}

export interface LeftOver extends Mark {
  readonly index: string
  /** Whether its run has ended; otherwise another run may be active. */
  readonly isDead: boolean
}

export interface ThrowAwayIndex {
  readonly name: string
  readonly mark: Mark
  /** Type of the copies' field, the same as in the index, so that bytes are comparable. */
  readonly vectorType: VectorType
}

/** Pruned copies of documents. */
export interface Copies {
  readonly documents: readonly EncodedDocument[]
  /** Smallest kept share of a document's largest weight; 0 keeps all. */
  readonly ratio: number
  readonly tokenizer: WordPieceTokenizer
}

export function markOf(index: string): Mark {
  return { of: index, host: hostname(), pid: process.pid }
}

/**
 * Fills a throw-away index with pruned copies: one shard, no replica, one segment, hidden, no source. The id of a copy
 * is its position in the list.
 *
 * @returns number of bytes of its postings
 * @throws LexpandError INDEX when the engine refuses a copy; any error of the client; the signal's reason
 */
export async function fillThrowAway(
  client: Client,
  { name, mark, vectorType }: ThrowAwayIndex,
  { documents, ratio, tokenizer }: Copies,
  signal?: AbortSignal,
): Promise<number> {
  await client.indices.create({
    index: name,
    body: { settings: SETTINGS, mappings: mappings(mark, vectorType) },
  })
  for (let at = 0; at < documents.length; at += BATCH) {
    signal?.throwIfAborted()
    const batch = documents
      .slice(at, at + BATCH)
      .flatMap((document, offset) => [
        JSON.stringify({ index: { _id: String(at + offset) } }),
        JSON.stringify({ [SPARSE_FIELD]: features(document, ratio, tokenizer) }),
      ])
    await send(client, name, `${batch.join('\n')}\n`, signal)
  }
  signal?.throwIfAborted()
  await client.indices.refresh({ index: name })
  await client.indices.forcemerge({ index: name, max_num_segments: 1 }, { requestTimeout: 600_000 })
  await client.indices.refresh({ index: name })
  return postingsBytes(client, name)
}

/** Finds the indices of earlier runs and of runs that are still active. */
export async function findLeftOvers(client: Client): Promise<LeftOver[]> {
  const { body } = await client.indices.get({ index: `${THROW_AWAY_PREFIX}*`, expand_wildcards: 'all' })
  return Object.entries(body).flatMap(([index, { mappings, settings }]) => {
    const mark = (mappings?._meta as Readonly<Record<string, unknown>> | undefined)?.[MARK]
    if (!isMark(mark)) return []
    const created = Number((settings as { index?: { creation_date?: string } }).index?.creation_date)
    return [{ ...mark, index, isDead: hasEnded(mark, Date.now() - created) }]
  })
}

/**
 * Deletes throw-away indices with repeated attempts: they must not stay.
 *
 * @returns names of those that could not be deleted
 */
export async function removeThrowAways(client: Client, names: readonly string[]): Promise<string[]> {
  const left: string[] = []
  for (const index of names) {
    const reason = await persist(
      async () => {
        try {
          await client.indices.delete({ index, ignore_unavailable: true })
          return undefined
        } catch (error) {
          return error instanceof Error ? error.message : String(error)
        }
      },
      // An engine that is gone is waited for only once, not for each index.
      { giveUpAfterMs: left.length === 0 ? PATIENCE_MS : 0 },
    )
    if (reason !== undefined) left.push(index)
  }
  return left
}

/**
 * Whether the run of a mark has ended: its process is gone, or the index is older than any run. A process number may
 * have been assigned again, so the age decides then.
 */
export function hasEnded({ host, pid }: Mark, ageMs: number): boolean {
  return ageMs > LONGEST_RUN_MS || (host === hostname() && (pid === process.pid || !isAlive(pid)))
}

const SETTINGS = {
  'index.number_of_shards': 1,
  'index.number_of_replicas': 0,
  ...OWN_INDEX_SETTINGS,
  // A template for all indices may set replicas or refreshes.
  'index.auto_expand_replicas': 'false',
  'index.refresh_interval': '-1',
  'index.hidden': true,
} as object as API.Indices_Create_RequestBody['settings'] & object

function mappings(mark: Mark, type: VectorType): API.Indices_Create_RequestBody['mappings'] & object {
  return {
    dynamic: false,
    _source: { enabled: false },
    _meta: { [MARK]: mark },
    properties: { [SPARSE_FIELD]: { type } },
  } as object
}

function features(
  { tokenIds, weights }: EncodedDocument,
  ratio: number,
  tokenizer: WordPieceTokenizer,
): object {
  const whole = { tokenIds: Uint32Array.from(tokenIds), weights: Float32Array.from(weights) }
  const kept = ratio === 0 ? whole : prune(whole, { type: 'max_ratio', ratio })
  // Weights are rounded to their stored precision: a 32-bit float prints with more digits.
  return Object.fromEntries(
    Array.from(kept.tokenIds, (id, at) => [tokenizer.piece(id) ?? '', weights[at] ?? 0]),
  )
}

async function send(
  client: Client,
  index: string,
  body: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const refused = await persist(
    async () => {
      const reply = await client.bulk({ index, body: body as never })
      if (!reply.body.errors) return undefined
      const failed = reply.body.items.map(({ index: item }) => item).filter((item) => item?.error)
      const reason = failed[0]?.error?.reason ?? 'no reason'
      if (failed.some((item) => item?.status !== 429 && item?.status !== 503)) throw notTaken(index, reason)
      return reason
    },
    { giveUpAfterMs: PATIENCE_MS, signal },
  )
  signal?.throwIfAborted()
  if (refused !== undefined) throw notTaken(index, refused)
}

function notTaken(index: string, reason: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[advise] expected the throw-away index ${index} to take copies of vectors, got: ${reason}. Nothing of it stays; try again when the cluster has less to do.`,
  )
}

function isMark(value: unknown): value is Mark {
  if (typeof value !== 'object' || value === null) return false
  const { of, host, pid } = value as Partial<Record<keyof Mark, unknown>>
  return typeof of === 'string' && typeof host === 'string' && typeof pid === 'number'
}
