import type { RedisConnection } from '../queue/redis-place.ts'
import { NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.ts'

export interface PaceOptions {
  readonly connection: RedisConnection
  /** Name of a Redis key of the queue, as BullMQ builds it. */
  readonly keyOf: (type: string) => string
  readonly telemetry?: Telemetry | undefined
  /** Called when the limit changes; Infinity means no limit. */
  readonly onChange?: ((limit: number) => void) | undefined
}

/** Refusals that arrive within this time count as one: they answer requests sent before any worker slowed down. */
const HALVE_EVERY_MS = 1_000
const GROW_EVERY_MS = 1_000
/** Growth starts this long after the last refusal. */
const HOLD_MS = 2_000
/** Steps from one job at a time back to all of them; each takes a second. */
const STEPS_TO_PEAK = 8
/** Lifetime of the notes beside the limit; without them the limit grows away at once. */
const NOTES_EXPIRE_MS = 3_600_000

/**
 * The scripts use Redis's own clock, since the clocks of workers may differ. A note from the future comes from a clock
 * that was set back.
 */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function note(name) return tonumber(redis.call('HGET', KEYS[3], name)) end
local function since(name)
  local at = note(name)
  if at == nil or at > now then return math.huge end
  return now - at
end
local function keep(name, value)
  redis.call('HSET', KEYS[3], name, value)
  redis.call('PEXPIRE', KEYS[3], ${NOTES_EXPIRE_MS})
end
local limit = tonumber(redis.call('HGET', KEYS[1], 'concurrency'))`

const HALVE = `${PRELUDE}
local hold = tonumber(ARGV[1])
local left = (note('grow_after') or 0) - now
if left < hold or left > 60000 then keep('grow_after', now + hold) end
if limit and since('halved_at') < ${HALVE_EVERY_MS} then return limit end
local from = math.max(redis.call('LLEN', KEYS[2]), 1)
if limit then from = math.min(from, limit) else keep('peak', from) end
keep('halved_at', now)
limit = math.max(math.floor(from / 2), 1)
redis.call('HSET', KEYS[1], 'concurrency', limit)
return limit`

const GROW = `${PRELUDE}
if not limit then return 0 end
local left = (note('grow_after') or 0) - now
if (left > 0 and left <= 60000) or since('grown_at') < ${GROW_EVERY_MS} then return limit end
local peak = note('peak') or limit
limit = limit + math.max(math.ceil(peak / ${STEPS_TO_PEAK}), 1)
keep('grown_at', now)
if limit > peak then
  redis.call('HDEL', KEYS[1], 'concurrency')
  return 0
end
redis.call('HSET', KEYS[1], 'concurrency', limit)
return limit`

/**
 * Controls how many jobs all workers of a queue together have in flight: BullMQ's global concurrency, with additive
 * increase and multiplicative decrease. Without refusals there is no limit. A refusal by the engine halves the jobs in
 * flight; every second of quiet adds a step, until as many jobs run as before and the limit is lifted.
 *
 * The limit lives in Redis and every worker makes it grow, so that it recovers even when the worker that lowered it has
 * died. Each change is one script: a crash between two commands would leave a limit that no worker lifts.
 */
export class Pace {
  readonly #connection: RedisConnection
  readonly #keys: readonly string[]
  readonly #telemetry: Telemetry
  readonly #onChange: (limit: number) => void
  readonly #ticker: NodeJS.Timeout
  /** Number of jobs that all workers together may have in flight, as last seen; Infinity without a limit. */
  #limit = Number.POSITIVE_INFINITY
  /** Kinds of scripts under way: a second one of the same kind would change nothing. */
  readonly #asked = new Set<string>()

  constructor({ connection, keyOf, telemetry = NO_TELEMETRY, onChange = () => {} }: PaceOptions) {
    this.#connection = connection
    this.#keys = [keyOf('meta'), keyOf('active'), keyOf('pace')]
    this.#telemetry = telemetry
    this.#onChange = onChange
    this.#ticker = setInterval(() => this.#ask(GROW), GROW_EVERY_MS).unref()
    telemetry.pace(this.#limit)
  }

  /** Halves the number of jobs in flight. Never throws and waits for nothing: without Redis there are no jobs to slow down. */
  slowDown({ holdMs = HOLD_MS }: { readonly holdMs?: number } = {}): void {
    this.#ask(HALVE, holdMs)
  }

  stop(): void {
    clearInterval(this.#ticker)
  }

  #ask(script: string, ...values: number[]): void {
    if (this.#asked.has(script)) return
    this.#asked.add(script)
    this.#connection
      .eval(script, this.#keys.length, ...this.#keys, ...values)
      .then((limit) => this.#see(limit === 0 ? Number.POSITIVE_INFINITY : Number(limit)))
      .catch(() => {})
      .finally(() => this.#asked.delete(script))
  }

  #see(limit: number): void {
    if (limit === this.#limit) return
    this.#limit = limit
    this.#telemetry.pace(limit)
    this.#onChange(limit)
  }
}
