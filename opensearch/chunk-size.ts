/** What OpenSearch recommends for a bulk request, as full jobs of 64 while none is refused; also bounds the memory of its maker. */
const MOST = { documents: 1_024, bytes: 5_000_000 }
/** So that encoders have something to do while the rest is stored: two full jobs. */
const FIRST = 1 / 8
const STEPS = 10
const SMALLEST = 1 / 20

/**
 * How much one bulk request, or one page of a reindex, carries: little at first and twice as much with each, up to all that is allowed, until the
 * engine refuses one; then half as much for each refusal, and a step more for each request that it takes.
 */
export class ChunkSize {
  #share = FIRST
  #wasRefused = false

  get documents(): number {
    return Math.round(this.#share * MOST.documents)
  }

  get bytes(): number {
    return Math.round(this.#share * MOST.bytes)
  }

  refused(): void {
    this.#wasRefused = true
    this.#share = Math.max(this.#share / 2, SMALLEST)
  }

  taken(): void {
    this.#share = Math.min(this.#wasRefused ? this.#share + 1 / STEPS : this.#share * 2, 1)
  }
}
