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

/** Every index of an adviser is named so, and marked in its mapping; none without the mark is ever touched. */
export const THROW_AWAY_PREFIX = 'lexpand-advise-'

/** A run that takes longer ends itself, so that what is older belongs to nobody. */
export const LONGEST_RUN_MS = 2 * 3_600_000

const MARK = 'lexpand_advise'
const BATCH = 500
const PATIENCE_MS = 60_000

/** Whose index it is. */
export interface Mark {
  /** The index that is being measured. */
  readonly of: string
  readonly host: string
  readonly pid: number
}

export interface LeftOver extends Mark {
  readonly index: string
  /** Whether its run has ended; otherwise another one may be at work. */
  readonly isDead: boolean
}

export function markOf(index: string): Mark {
  return { of: index, host: hostname(), pid: process.pid }
}

/**
 * Fills an index of its own with pruned copies: one shard, no replica, one segment, hidden, no source. The id of a
 * copy is its place in the list.
 *
 * @param vectorType of the copies, so that their bytes are those of the index
 * @param ratio least share of a document's largest weight that is kept; 0 keeps all
 * @returns bytes of its postings
 * @throws LexpandError INDEX when the engine refuses a copy; what the client throws; the signal's reason
 */
export async function fillThrowAway(
  client: Client,
  name: string,
  mark: Mark,
  vectorType: VectorType,
  documents: readonly EncodedDocument[],
  ratio: number,
  tokenizer: WordPieceTokenizer,
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

/** What runs before this one have left, or others are using. */
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
 * Deletes indices of an adviser, patiently: they must not stay.
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
      // An engine that is gone is not waited for once an index.
      { giveUpAfterMs: left.length === 0 ? PATIENCE_MS : 0 },
    )
    if (reason !== undefined) left.push(index)
  }
  return left
}

/**
 * A process that is gone, or an index older than any run. A number of a process can be another's by now: then its age
 * decides.
 */
export function hasEnded({ host, pid }: Mark, ageMs: number): boolean {
  return ageMs > LONGEST_RUN_MS || (host === hostname() && (pid === process.pid || !isAlive(pid)))
}

const SETTINGS = {
  'index.number_of_shards': 1,
  'index.number_of_replicas': 0,
  ...OWN_INDEX_SETTINGS,
  // A template for all indices may ask for replicas or refreshes.
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
  // As they were stored: a 32-bit float printed has more digits.
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
