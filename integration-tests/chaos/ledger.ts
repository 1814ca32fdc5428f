/** Acknowledged state of the writers: id -> present text, undefined for a deleted document. */
export class Ledger {
  readonly #texts = new Map<string, string | undefined>()
  #operations = 0
  #inserted = 0

  /** Acknowledged writes so far. */
  get operations(): number {
    return this.#operations
  }

  /** Documents inserted so far, deleted ones included. */
  get inserted(): number {
    return this.#inserted
  }

  textOf(id: string): string | undefined {
    return this.#texts.get(id)
  }

  /** Records an acknowledged write. */
  set(id: string, text: string | undefined): void {
    if (!this.#texts.has(id)) this.#inserted++
    this.#texts.set(id, text)
    this.#operations++
  }

  /** Live documents. */
  *live(): Generator<[string, string]> {
    for (const [id, text] of this.#texts) if (text !== undefined) yield [id, text]
  }
}
