import type { Client } from '@opensearch-project/opensearch'
import type { InstalledIndex } from '../../mappings/compatibility.ts'
import { SIDECAR } from '../../mappings/sidecar.ts'
import { tokenClause } from '../../mappings/vectors/vector-type.ts'
import { isBeyond, isNotFound, isTransient } from '../../opensearch/failures/transient.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import type { RedisConnection } from '../queue/redis-place.ts'
import type { Logger } from '../telemetry/logger.ts'
import { NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.ts'
import { LatencyWindow } from './latency-window.ts'
import type { Pace } from './pace.ts'

/** A search that represents those of the users. */
export interface ProbeQuery {
  readonly index: string
  /** Query DSL: the value of `query` in a search. */
  readonly query: Readonly<Record<string, unknown>>
}

export interface LatencyGuardOptions {
  readonly client: Client
  readonly connection: RedisConnection
  /** Redis key of the lease: only one worker of a queue probes. */
  readonly leaseKey: string
  readonly workerId: string
  readonly pace: Pick<Pace, 'slowDown'>
  readonly maxP95Ms: number
  /** @default the heaviest word pieces of a stored vector of the index that got most vectors lately */
  readonly probe?: ProbeQuery | undefined
  readonly installedIndex: (index: string) => Promise<Pick<InstalledIndex, 'specification' | 'vectorType'>>
  readonly logger: Logger
  readonly telemetry?: Telemetry | undefined
}

const ROUND_MS = 2_000
const PROBES_A_ROUND = 5
/** After this time another worker takes over the probing from one that died. */
const LEASE_MS = 3 * ROUND_MS
/** The pace stays low for longer than the next judgement takes, so that encoders do not speed up in between. */
const HOLD_MS = 3 * ROUND_MS
/** Number of rounds with the same vector: fetching one costs a search as well. */
const ROUNDS_A_VECTOR = 30
const PROBE_PIECES = 8

const TAKE_LEASE = `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`

/**
 * Makes encoders yield to searches: runs a cheap query again and again, and slows the pace down while the 95th
 * percentile of its time inside the engine is above the bound.
 */
export class LatencyGuard {
  readonly #options: LatencyGuardOptions
  readonly #telemetry: Telemetry
  readonly #window = new LatencyWindow()
  readonly #ticker: NodeJS.Timeout
  /** Vectors written by this worker, an estimate for those of all workers; older ones count less and less. */
  readonly #written = new Map<string, number>()
  #vectorProbe: { readonly probe: ProbeQuery; readonly untilRound: number } | undefined
  #round = 0
  /** Hits of a probe: a page as people ask for, one where the index does not give that many. */
  #size = 10
  #isBusy = false
  #isYielding = false
  #complaint = ''

  constructor(options: LatencyGuardOptions) {
    this.#options = options
    this.#telemetry = options.telemetry ?? NO_TELEMETRY
    this.#ticker = setInterval(() => this.#tick(), ROUND_MS).unref()
  }

  noteWritten(index: string, vectors: number): void {
    this.#written.set(index, (this.#written.get(index) ?? 0) + vectors)
  }

  stop(): void {
    clearInterval(this.#ticker)
  }

  #tick(): void {
    if (this.#isBusy) return
    this.#isBusy = true
    this.#probe()
      .catch((error: unknown) => this.#complain(error))
      .finally(() => {
        this.#isBusy = false
      })
  }

  async #probe(): Promise<void> {
    const { connection, leaseKey, workerId, maxP95Ms } = this.#options
    if ((await connection.eval(TAKE_LEASE, 1, leaseKey, workerId, LEASE_MS)) === 0) return
    this.#round++
    const probe = this.#options.probe ?? (await this.#probeFromVector())
    if (probe === undefined) return
    for (let times = 0; times < PROBES_A_ROUND; times++) this.#window.add(await this.#time(probe))
    const p95 = this.#window.p95()
    if (p95 === undefined) return
    const isSlow = p95 > maxP95Ms
    if (isSlow) {
      this.#options.pace.slowDown({ holdMs: HOLD_MS })
      // Measurements from before the encoders slowed down say nothing about the time afterwards.
      this.#window.clear()
    }
    if (isSlow !== this.#isYielding) {
      this.#isYielding = isSlow
      const message = isSlow ? 'searches are slow: encoders yield' : 'searches are fast again'
      this.#options.logger.warn({ index: probe.index, p95Ms: p95, maxP95Ms }, message)
    }
    this.#telemetry.probe(p95 / 1_000, isSlow)
  }

  /**
   * Whole milliseconds that a probe took inside the engine: with the time until the answer arrives, a busy worker would
   * look like a slow engine. A search that the engine refuses counts as infinitely slow.
   */
  async #time({ index, query }: ProbeQuery): Promise<number> {
    try {
      const reply = await internalSearch(this.#options.client, {
        index,
        request_cache: false,
        body: { query, size: this.#size, _source: false, track_total_hits: false },
      })
      return reply.body.took
    } catch (error) {
      if (isNotFound(error)) this.#forget(index)
      if (isTransient(error)) return Number.MAX_SAFE_INTEGER
      if (this.#size > 1 && isBeyond(error, 'index.max_result_window')) {
        this.#size = 1
        return this.#time({ index, query })
      }
      throw error
    }
  }

  async #probeFromVector(): Promise<ProbeQuery | undefined> {
    if (this.#vectorProbe !== undefined && this.#round < this.#vectorProbe.untilRound)
      return this.#vectorProbe.probe
    const [index] = [...this.#written].toSorted(([, a], [, b]) => b - a)[0] ?? []
    if (index === undefined) return undefined
    for (const [name, vectors] of this.#written) this.#written.set(name, vectors / 2)
    const { specification, vectorType } = await this.#options.installedIndex(index)
    const { sparse_field } = specification
    const reply = await internalSearch(this.#options.client, {
      index,
      body: {
        size: 1,
        terminate_after: 1,
        _source: [sparse_field],
        query: { term: { [`${SIDECAR}.state`]: { value: 'ready' } } },
      },
    })
    const source = reply.body.hits.hits[0]?._source as Record<string, unknown> | undefined
    const vector = Object.entries((source?.[sparse_field] ?? {}) as Record<string, number>)
    if (vector.length === 0) return undefined
    const pieces = vector.toSorted(([, a], [, b]) => b - a).slice(0, PROBE_PIECES)
    const should = pieces.map(([piece, boost]) => tokenClause(vectorType, sparse_field, piece, boost))
    const probe = { index, query: { bool: { should } } }
    this.#vectorProbe = { probe, untilRound: this.#round + ROUNDS_A_VECTOR }
    return probe
  }

  #forget(index: string): void {
    this.#written.delete(index)
    this.#vectorProbe = undefined
  }

  /** Logs once what keeps the guard from working: the guard must not stop a worker. */
  #complain(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (message === this.#complaint) return
    this.#complaint = message
    this.#options.logger.warn({ err: error }, 'search latency cannot be measured: encoders do not yield')
  }
}
