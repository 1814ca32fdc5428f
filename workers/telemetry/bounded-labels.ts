import { textStart } from '../../sparse/text-start.ts'

/** Replaces values for which there is no room left. */
export const OTHER = 'other'

const MAX_LENGTH = 128

/**
 * Bounds the number of label values. Every distinct value is a time series for ever, in this process and in the system
 * that scrapes it, and index names come from jobs, which anybody with access to Redis can write. The first values get
 * the room.
 */
export class BoundedLabels {
  readonly #known = new Set<string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** Values that have a series of their own. */
  get known(): readonly string[] {
    return [...this.#known]
  }

  /** Returns the value while there is room, else {@link OTHER}; control characters and excess length are cut. */
  of(value: string): string {
    const label = printable(textStart(value, MAX_LENGTH))
    if (this.#known.has(label)) return label
    if (this.#known.size >= this.#most) return OTHER
    this.#known.add(label)
    return label
  }
}

function printable(value: string): string {
  return value.toWellFormed().replaceAll(/\p{Cc}/gu, '�')
}
