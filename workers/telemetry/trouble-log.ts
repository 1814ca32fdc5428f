import type { Logger } from './logger.ts'

/** A lasting trouble is logged again after this time, with the number of its occurrences. */
const REPEAT_MS = 60_000
/** Messages contain ports and times: with more different messages than this a place counts as having one trouble. */
const MAX_MESSAGES = 8
/** Places are index names from job payloads, which anybody with access to Redis can write. */
const MAX_PLACES = 1_000

interface Trouble {
  readonly since: number
  readonly said: Map<string, { at: number; unsaid: number }>
}

/**
 * Logs repeated failures: when they begin, once a minute while they last, and when they are over. A service that is
 * away for an hour fails every retry of every job, and a log of retries would hide the beginning.
 */
export class TroubleLog {
  readonly #logger: Logger
  readonly #clock: () => number
  readonly #troubles = new Map<string, Trouble>()

  /** @param clock monotonic milliseconds @default performance.now */
  constructor(logger: Logger, clock: () => number = () => performance.now()) {
    this.#logger = logger
    this.#clock = clock
  }

  /** @param place where the failure occurs, such as `redis` or an index */
  met(place: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const now = this.#clock()
    const trouble = this.#troubles.get(place) ?? { since: now, said: new Map() }
    if (this.#troubles.size < MAX_PLACES) this.#troubles.set(place, trouble)
    const known = trouble.said.get(message) ?? (trouble.said.size < MAX_MESSAGES ? undefined : first(trouble))
    if (known !== undefined && now - known.at < REPEAT_MS) {
      known.unsaid++
      return
    }
    this.#logger.warn({ ...fields, ...(known === undefined ? {} : { again: known.unsaid + 1 }) }, message)
    trouble.said.delete(message)
    trouble.said.set(message, { at: now, unsaid: 0 })
  }

  /** {@link met} for a thrown error: logs its message, never its stack, which is the same at every retry. */
  failed(place: string, what: string, error: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    this.met(place, `${what}: ${messageOf(error)}`, fields)
  }

  /** Logs that a place has recovered, if it had failed; costs one look-up otherwise. */
  over(place: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const trouble = this.#troubles.get(place)
    if (trouble === undefined) return
    this.#troubles.delete(place)
    const seconds = Math.round((this.#clock() - trouble.since) / 1_000)
    this.#logger.info({ ...fields, afterSeconds: seconds }, message)
  }
}

function first({ said }: Trouble): { at: number; unsaid: number } | undefined {
  return said.values().next().value
}

/** A connection tried at several addresses fails with an AggregateError, whose own message is empty. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
