/** The size of a bulk request that OpenSearch recommends, in full jobs of 64; it also bounds the memory of the sender. */
const MOST = { documents: 1_024, bytes: 5_000_000 }
/** The first request holds two full jobs, so that encoders have work while the rest is stored. */
const FIRST = 1 / 8
const STEPS = 10
const SMALLEST = 1 / 20

/**
 * Size of one bulk request, or of one page of a reindex: small at first and doubled with each one, up to the limit,
 * until the engine refuses one; then halved for each refusal, and a step larger for each request that is accepted.
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
