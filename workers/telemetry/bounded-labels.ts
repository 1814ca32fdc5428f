/** Takes the place of values for which there is no room any more. */
export const OTHER = 'other'

const MAX_LENGTH = 128

/**
 * Keeps the number of label values bounded: every distinct value is a time series for ever, in this process and in
 * whatever scrapes it, and index names come from jobs, which anybody who reaches Redis writes. First come, first served.
 */
export class BoundedLabels {
  readonly #known = new Set<string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** Those that got a series of their own. */
  get known(): readonly string[] {
    return [...this.#known]
  }

  /** The value itself while there is room, else {@link OTHER}; control characters and excess length are cut out. */
  of(value: string): string {
    const label = printable(value.slice(0, MAX_LENGTH))
    if (this.#known.has(label)) return label
    if (this.#known.size >= this.#most) return OTHER
    this.#known.add(label)
    return label
  }
}

function printable(value: string): string {
  return value.toWellFormed().replaceAll(/\p{Cc}/gu, '�')
}
