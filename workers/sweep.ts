import type { API, Client } from '@opensearch-project/opensearch'
import { readSpecification } from '../mappings/compatibility.ts'
import { translateEngineError } from '../mappings/engine-error.ts'
import { SIDECAR, type Sidecar } from '../mappings/sidecar.ts'
import { LexpandError } from '../sparse/errors.ts'
import type { EncodeQueue, QueuedDocument } from './queue.ts'

export interface SweepReport {
  /** Pending documents found. */
  readonly found: number
  /** Jobs asked for; what an earlier sweep queued and nobody has worked off yet is not queued again. */
  readonly jobs: number
}

const PAGE = 1_000
const KEEP_ALIVE = '5m'

/**
 * Queues every pending document of an index, also those that have no sidecar yet because the index was there
 * before Lexpand. It finds what a crash left between storing and queueing, what Redis lost, and what other
 * clients wrote through the ingest pipeline. A document that a waiting job names already is read twice and
 * encoded once.
 *
 * The first simple form: it looks at all pending documents every time.
 *
 * @param index index or alias
 * @throws LexpandError INDEX when it is missing or not ours; SERVICE when engine or Redis cannot be reached
 */
export async function sweep(client: Client, queue: EncodeQueue, index: string): Promise<SweepReport> {
  const { fingerprint } = await readSpecification(client, index)
  let found = 0
  let jobs = 0
  try {
    // A search sees only what was refreshed, and a crash may be younger than that.
    await client.indices.refresh({ index })
    for await (const [concrete, documents] of pendingPages(client, index)) {
      jobs += await queue.add(concrete, fingerprint, documents)
      found += documents.length
    }
  } catch (error) {
    throw translateEngineError(error, { part: 'sweep', index })
  }
  return { found, jobs }
}

export interface IndexSweep extends SweepReport {
  readonly index: string
  /** Why this index could not be swept; the others were. */
  readonly error?: string
}

/**
 * Sweeps every index of the cluster that was made with one model. A worker does it when it starts: whatever was
 * lost while it was away is found.
 *
 * @param identity of the model; the queue has to be that model's
 * @throws LexpandError SERVICE when engine or Redis cannot be reached
 */
export async function sweepAll(client: Client, queue: EncodeQueue, identity: string): Promise<IndexSweep[]> {
  const reply = await client.indices
    .getMapping({
      index: '*',
      expand_wildcards: 'open',
      filter_path: ['*.mappings._meta.lexpand.model.identity'],
    })
    .catch((error: unknown) => {
      throw translateEngineError(error, { part: 'sweep' })
    })
  const sweeps: IndexSweep[] = []
  for (const [index, { mappings }] of Object.entries(reply.body)) {
    if (mappings._meta?.[SIDECAR]?.model?.identity !== identity) continue
    try {
      sweeps.push({ index, ...(await sweep(client, queue, index)) })
    } catch (error) {
      // Deleted in the meantime, closed, or damaged: the business of whoever did it.
      if (!(error instanceof LexpandError) || error.code !== 'INDEX') throw error
      sweeps.push({ index, found: 0, jobs: 0, error: error.message })
    }
  }
  return sweeps
}

async function* pendingPages(client: Client, index: string): AsyncGenerator<[string, QueuedDocument[]]> {
  const opened = await client.createPit({ index: [index], keep_alive: KEEP_ALIVE })
  let pit = opened.body.pit_id
  try {
    for (let after: unknown; ; ) {
      const reply = await client.search({
        body: {
          size: PAGE,
          pit: { id: pit, keep_alive: KEEP_ALIVE },
          query: PENDING,
          sort: [{ _shard_doc: 'asc' }],
          ...(after === undefined ? {} : { search_after: after as API.Search_RequestBody['search_after'] }),
          _source: [`${SIDECAR}.text_hash`],
          seq_no_primary_term: true,
          track_total_hits: false,
        } as API.Search_RequestBody,
      })
      pit = reply.body.pit_id ?? pit
      const { hits } = reply.body.hits
      const byIndex = Map.groupBy(hits as readonly Hit[], (hit) => hit._index)
      for (const [concrete, own] of byIndex) yield [concrete, own.map(toQueued)]
      if (hits.length < PAGE) return
      after = hits.at(-1)?.sort
    }
  } finally {
    // It would end by itself; a failure to end it early is no reason to lose the error that brought us here.
    await client.deletePit({ body: { pit_id: [pit] } }).catch(() => {})
  }
}

const PENDING = {
  bool: {
    should: [
      { term: { [`${SIDECAR}.state`]: 'pending' } },
      { bool: { must_not: { exists: { field: `${SIDECAR}.state` } } } },
    ],
    minimum_should_match: 1,
  },
}

/** The client's own type of a hit loses its fields in an intersection. */
interface Hit {
  readonly _index: string
  readonly _id: string
  readonly _routing?: string
  readonly _seq_no: number
  readonly _primary_term: number
  readonly _source?: { readonly [SIDECAR]?: Sidecar }
}

function toQueued(hit: Hit): QueuedDocument {
  const text_hash = hit._source?.[SIDECAR]?.text_hash
  return {
    id: hit._id,
    ...(hit._routing === undefined ? {} : { routing: hit._routing }),
    seq_no: hit._seq_no,
    primary_term: hit._primary_term,
    ...(text_hash === undefined ? {} : { text_hash }),
  }
}
