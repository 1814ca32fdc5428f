/**
 * Tells whether a key came before, among at least the last {@link GENERATION} distinct ones. It keeps two generations
 * and not all keys: a source of ten million documents must not fill the memory for the sake of a count.
 */
export class RecentIds {
  #young = new Set<string>()
  #old = new Set<string>()

  seen(key: string): boolean {
    const known = this.#young.has(key) || this.#old.has(key)
    this.#young.add(key)
    if (this.#young.size === GENERATION) {
      this.#old = this.#young
      this.#young = new Set()
    }
    return known
  }
}

const GENERATION = 100_000
