import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import { assertShape } from '../../sparse/shape.ts'
import { type EncodeQueue, encodeQueueName, openQueue } from '../queue/queue.ts'
import { connect, type RedisPlace } from '../queue/redis.ts'
import { type Logger, SILENT_LOGGER } from '../telemetry/logger.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { TroubleLog } from '../telemetry/trouble-log.ts'
import { type LexpandIndex, lexpandIndices } from './lexpand-indices.ts'
import { type SweepProgress, type SweepReport, sweep } from './sweep.ts'

export interface SweeperOptions {
  readonly client: Client
  readonly redis: RedisPlace
  /** Prefix of the keys in Redis. @default '{lexpand}' */
  readonly prefix?: string | undefined
  /** pino, `console`, or any logger of the same shape. @default no log */
  readonly logger?: Logger | undefined
  /** Aborting closes the sweeper. */
  readonly signal?: AbortSignal | undefined
  /** Names or aliases. @default every index of the cluster that Lexpand has set up, including later ones */
  readonly indices?: readonly string[] | undefined
  /**
   * Restricts the sweeper to indices of this model, for example because a worker has no other.
   *
   * @default all; each model has its own queue
   */
  readonly identity?: string | undefined
  /** Milliseconds between two sweeps. Documents of other clients wait for about half of it. @default 5_000 */
  readonly everyMs?: number | undefined
  /** Called after each index that had changes. */
  readonly onSwept?: ((index: string, report: SweepReport) => void) | undefined
  /** @default no telemetry */
  readonly telemetry?: Telemetry | undefined
}

export interface RunningSweeper {
  /** Ends after the page in flight; the next sweeper continues from there. */
  close(): Promise<void>
}

/** Interval at which documents that were queued once and are still pending are inspected again; shorter with an empty queue. */
const PENDING_EVERY_MS = 60_000
const PENDING_WHEN_IDLE_MS = 10_000
const PROGRESS_EVERY_MS = 10_000

/**
 * Sweeps indices again and again, until closed. Several sweepers may run, in several processes: one works on an index
 * at a time. An error of an index, of the engine or of Redis is logged, and the next round tries again.
 *
 * @throws LexpandError SERVICE when Redis cannot be reached at the start
 */
export async function startSweeper(options: SweeperOptions): Promise<RunningSweeper> {
  assertShape(optionsSchema, options, 'sweep', 'CONFIGURATION')
  // Wrong settings should end a program at its start instead of filling its log.
  const probe = await connect(options.redis, { role: 'queue' })
  probe.disconnect()
  const stopping = new AbortController()
  const signal =
    options.signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, options.signal])
  const loop = new SweepLoop(options, signal)
  const done = loop.run()
  return {
    async close() {
      stopping.abort()
      await done
    },
  }
}

const optionsSchema = z.looseObject({
  client: z.looseObject({}),
  redis: z.union([z.string(), z.looseObject({})]),
  indices: z.array(z.string()).optional(),
  identity: z.string().optional(),
  everyMs: z.number().positive().optional(),
})

class SweepLoop {
  readonly #options: SweeperOptions
  readonly #logger: Logger
  readonly #signal: AbortSignal
  /** Queues by model, opened when an index of the model is found. */
  readonly #queues = new Map<string, EncodeQueue>()
  /** Index -> time of the last inspection of its pending documents, by the monotonic clock. */
  readonly #lookedAt = new Map<string, number>()
  readonly #troubles: TroubleLog

  constructor(options: SweeperOptions, signal: AbortSignal) {
    this.#options = options
    this.#logger = options.logger ?? SILENT_LOGGER
    this.#signal = signal
    this.#troubles = new TroubleLog(this.#logger)
  }

  async run(): Promise<void> {
    const { indices = ['*'], everyMs = 5_000 } = this.#options
    while (!this.#signal.aborted) {
      // Each name separately: a missing one must not keep the others waiting.
      for (const name of indices) await this.#attempt(`indices ${name}`, () => this.#sweepAll(name))
      await sleep(everyMs, undefined, { signal: this.#signal }).catch(() => undefined)
    }
    for (const queue of this.#queues.values()) await queue.close().catch(() => undefined)
  }

  async #sweepAll(indices: string): Promise<void> {
    const { client, identity } = this.#options
    const chosen = { indices: [indices], identity }
    for (const index of await lexpandIndices(client, chosen)) {
      if (!this.#signal.aborted) await this.#attempt(index.name, () => this.#sweep(index))
    }
  }

  async #sweep({ name, identity }: LexpandIndex): Promise<void> {
    const { client, telemetry, onSwept } = this.#options
    const logger = this.#logger
    const queue = await this.#queueOf(identity)
    const pending = await this.#isPendingDue(name, queue)
    const report = await sweep(client, queue, name, {
      pending,
      waitMs: 0,
      signal: this.#signal,
      onPage: progressLines(logger, name),
      telemetry,
    })
    if (pending && report.outcome === 'done') this.#lookedAt.set(name, performance.now())
    if (report.jobs > 0) logger.info({ index: name, ...report }, 'queued what waits for a vector')
    if (report.scanned > 0) onSwept?.(name, report)
  }

  async #isPendingDue(index: string, queue: EncodeQueue): Promise<boolean> {
    const last = this.#lookedAt.get(index)
    const age = last === undefined ? Number.POSITIVE_INFINITY : performance.now() - last
    if (age >= PENDING_EVERY_MS) return true
    if (age < PENDING_WHEN_IDLE_MS) return false
    return queue.isIdle()
  }

  async #queueOf(identity: string): Promise<EncodeQueue> {
    const name = encodeQueueName(identity)
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const queue = await openQueue({
      redis: this.#options.redis,
      prefix: this.#options.prefix,
      model: { identity },
    })
    this.#queues.set(name, queue)
    return queue
  }

  async #attempt(place: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.#troubles.over(place, 'sweeping again', { index: place })
    } catch (error) {
      this.#troubles.failed(place, 'not swept', error, { index: place })
    }
  }
}

function progressLines(logger: Logger, index: string): (progress: SweepProgress) => void {
  let last = performance.now()
  return (progress) => {
    const now = performance.now()
    if (now - last < PROGRESS_EVERY_MS) return
    last = now
    logger.info({ index, ...progress }, 'sweeping')
  }
}
