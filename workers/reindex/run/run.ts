import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type API, type Client, errors } from '@opensearch-project/opensearch'
import { acknowledged } from '../../../opensearch/failures/acknowledged.ts'
import type { Persistence } from '../../../opensearch/failures/back-off.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'
import { isAlreadyThere } from '../../../opensearch/failures/transient.ts'
import { internalSearch } from '../../../opensearch/internal-search.ts'
import { OWN_INDEX_SETTINGS } from '../../../opensearch/own-index.ts'
import { LexpandError } from '../../../sparse/errors.ts'
import { patiently } from './patience.ts'
import { parseState, type ReindexState, runId, STATE_INDEX } from './state.ts'

const PLACE = { part: 'reindex', index: STATE_INDEX }
/** Interval at which the holder of a run shows that it lives. */
const HEARTBEAT_MS = 1_000
/** A holder that is silent for this long is dead. No clocks are compared: the watcher itself waits for this time. */
const LEASE_MS = 6_000
/** Longest time that the cluster may be away while the state is written. */
const PATIENCE_MS = 300_000

/** All recorded runs of a cluster. @throws LexpandError SERVICE when the cluster cannot be asked */
export async function readRuns(client: Client): Promise<ReindexState[]> {
  try {
    await acknowledged(client.indices.refresh({ index: STATE_INDEX, ignore_unavailable: true }), PLACE)
    const reply = await internalSearch(client, {
      index: STATE_INDEX,
      ignore_unavailable: true,
      body: { size: 1_000, query: { match_all: {} } },
    })
    return reply.body.hits.hits.map(({ _source }) => parseState(_source))
  } catch (error) {
    throw translateEngineError(error, PLACE)
  }
}

/**
 * One run, held by this process: meanwhile no other process can write its state. Every write is bound to the version
 * written before, so a holder that was taken for dead learns it at its next write and stops.
 */
export class ReindexRun {
  readonly #client: Client
  readonly #token: string
  readonly #lost = new AbortController()
  readonly #heart: NodeJS.Timeout
  readonly #persistence: Persistence
  /** Aborted by the caller's wish to pause, and when another process takes the run. */
  readonly signal: AbortSignal
  #state: ReindexState
  #version: Version
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(client: Client, { state, version }: Found, token: string, signal: AbortSignal) {
    this.#client = client
    this.#state = state
    this.#version = version
    this.#token = token
    this.signal = AbortSignal.any([signal, this.#lost.signal])
    this.#persistence = { giveUpAfterMs: PATIENCE_MS, signal: this.#lost.signal }
    let beating = false
    this.#heart = setInterval(() => {
      if (beating) return
      beating = true
      // The next write waits for an engine that is away.
      this.#write({}, false)
        .catch(() => {})
        .finally(() => {
          beating = false
        })
    }, HEARTBEAT_MS)
  }

  /**
   * Takes a run: a new one, or one that no process holds any more.
   *
   * @param begin returns the state of a new run or, given the stored state, the state to continue with
   * @throws LexpandError INDEX when another process works on it; any error of `begin`
   */
  static async take(
    client: Client,
    id: string,
    signal: AbortSignal,
    begin: (found: ReindexState | undefined) => Promise<ReindexState> | ReindexState,
  ): Promise<ReindexRun> {
    const owner = { token: randomUUID(), name: `${hostname()}, process ${process.pid}` }
    await createStateIndex(client)
    const persistence = { giveUpAfterMs: PATIENCE_MS, signal }
    // A new index may answer 503 before its shard is there.
    const held = await patiently(() => read(client, id), persistence)
    const free = held?.state.owner === undefined ? held : await watch(client, id, held, signal)
    const state: ReindexState = { ...(await begin(free?.state)), owner }
    if (runId(state) !== id) throw new Error(`the run ${id} cannot become ${runId(state)}`)
    const version = await patiently(() => write(client, id, state, free?.version), persistence)
    if (version === undefined) throw busy(id, undefined)
    return new ReindexRun(client, { state, version }, owner.token, signal)
  }

  get state(): ReindexState {
    return this.#state
  }

  /** Changes the state; the next heartbeat or `save` writes it. For values that may be a second old after a crash. */
  note(patch: Partial<ReindexState>): void {
    this.#state = { ...this.#state, ...patch }
  }

  /** Writes the changed state to the cluster. @throws LexpandError INDEX when another process took the run */
  save(patch: Partial<ReindexState>): Promise<void> {
    return this.#write(patch, true)
  }

  /** Releases the run, so that the next one need not wait. */
  async close(): Promise<void> {
    clearInterval(this.#heart)
    await this.#writing.catch(() => {})
    const { owner: _, ...free } = this.#state
    await write(this.#client, runId(free), free, this.#version).catch(() => {})
  }

  #write(patch: Partial<ReindexState>, isPatient: boolean): Promise<void> {
    const next = this.#writing
      .catch(() => {})
      .then(async () => {
        this.note(patch)
        const attempt = () => this.#writeOnce(this.#state)
        await (isPatient ? patiently(attempt, this.#persistence) : attempt())
      })
    this.#writing = next
    return next
  }

  async #writeOnce(state: ReindexState): Promise<void> {
    const id = runId(state)
    const version = await write(this.#client, id, state, this.#version)
    if (version !== undefined) {
      this.#version = version
      return
    }
    // The document is this process's own when the answer to an earlier attempt was lost.
    const found = await read(this.#client, id)
    if (found?.state.owner?.token !== this.#token) {
      const error = busy(id, found?.state)
      clearInterval(this.#heart)
      this.#lost.abort(error)
      throw error
    }
    this.#version = found.version
    return this.#writeOnce(state)
  }
}

interface Version {
  readonly seqNo: number
  readonly primaryTerm: number
}

interface Found {
  readonly state: ReindexState
  readonly version: Version
}

/** Waits until a holder has been silent for {@link LEASE_MS}. @throws LexpandError INDEX when it lives */
async function watch(client: Client, id: string, held: Found, signal: AbortSignal): Promise<Found> {
  const until = performance.now() + LEASE_MS
  while (performance.now() < until) {
    await sleep(250, undefined, { signal }).catch(() => {})
    if (signal.aborted) throw busy(id, held.state)
    const now = await read(client, id)
    if (now === undefined || now.state.owner === undefined) return now ?? held
    if (now.version.seqNo !== held.version.seqNo) throw busy(id, now.state)
  }
  return held
}

async function read(client: Client, id: string): Promise<Found | undefined> {
  try {
    const reply = await client.get({ index: STATE_INDEX, id }, { ignore: [404] })
    const { found, _source, _seq_no, _primary_term } = reply.body
    if (found !== true) return undefined
    return {
      state: parseState(_source),
      version: { seqNo: _seq_no ?? -1, primaryTerm: _primary_term ?? -1 },
    }
  } catch (error) {
    throw translateEngineError(error, PLACE)
  }
}

/** @returns undefined when another process wrote since `over` was read */
async function write(
  client: Client,
  id: string,
  state: ReindexState,
  over: Version | undefined,
): Promise<Version | undefined> {
  try {
    const reply = await client.index({
      index: STATE_INDEX,
      id,
      pipeline: '_none',
      body: state as unknown as API.Index_RequestBody,
      ...(over === undefined
        ? { op_type: 'create' }
        : { if_seq_no: over.seqNo, if_primary_term: over.primaryTerm }),
    })
    return { seqNo: reply.body._seq_no ?? -1, primaryTerm: reply.body._primary_term ?? -1 }
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 409) return undefined
    throw translateEngineError(error, PLACE)
  }
}

async function createStateIndex(client: Client): Promise<void> {
  try {
    const creation = client.indices.create({
      index: STATE_INDEX,
      body: {
        settings: { ...OWN_INDEX_SETTINGS, number_of_shards: 1, auto_expand_replicas: '0-1' },
        // The state is never searched, and a filter of an alias may hold any key.
        mappings: { dynamic: false },
      },
    })
    await acknowledged(creation, PLACE)
  } catch (error) {
    if (!isAlreadyThere(error)) throw error
  }
}

function busy(id: string, state: ReindexState | undefined): LexpandError {
  const holder = state?.owner === undefined ? 'another process' : state.owner.name
  return new LexpandError(
    'INDEX',
    `[reindex] expected nobody to work on ${id.replace(/^\w+:/, '')}, got ${holder}. Wait for it, or stop it: then run the same command again.`,
  )
}
