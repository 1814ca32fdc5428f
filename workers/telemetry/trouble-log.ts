import type { Logger } from './logger.ts'

/** A trouble that lasts is said again after this time, with the number of times that it came. */
const REPEAT_MS = 60_000
/** Messages carry ports and times: beyond so many different ones a place has one trouble with many faces. */
const MAX_MESSAGES = 8
/** Places are index names from job payloads, which anybody who reaches Redis may write. */
const MAX_PLACES = 1_000

interface Trouble {
  readonly since: number
  readonly said: Map<string, { at: number; unsaid: number }>
}

/**
 * Logs what goes wrong again and again: when it begins, once a minute while it lasts, and when it is over. A service
 * that is away for an hour fails every retry of every job, and a log of retries hides what began it.
 */
export class TroubleLog {
  readonly #logger: Logger
  readonly #clock: () => number
  readonly #troubles = new Map<string, Trouble>()

  /** @param clock milliseconds, never jumping @default performance.now */
  constructor(logger: Logger, clock: () => number = () => performance.now()) {
    this.#logger = logger
    this.#clock = clock
  }

  /** @param place what is in trouble, such as `redis` or an index */
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

  /** {@link met} for something that was thrown: its message, never its stack, which is the same at every retry. */
  failed(place: string, what: string, error: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    this.met(place, `${what}: ${messageOf(error)}`, fields)
  }

  /** Says that a place is well again, if it had been in trouble; costs one look-up otherwise. */
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
