const WINDOW = 25
const FEWEST = 10

/** The last {@link WINDOW} measurements. */
export class LatencyWindow {
  #values: number[] = []

  add(ms: number): void {
    this.#values.push(ms)
    if (this.#values.length > WINDOW) this.#values.shift()
  }

  clear(): void {
    this.#values = []
  }

  /**
   * 95th percentile (nearest rank) in milliseconds; undefined for fewer than {@link FEWEST} measurements, since one
   * hiccup proves nothing.
   */
  p95(): number | undefined {
    if (this.#values.length < FEWEST) return undefined
    return this.#values.toSorted((a, b) => a - b)[Math.ceil(0.95 * this.#values.length) - 1]
  }
}
