import { createHash } from 'node:crypto'
import { LexpandError } from '../errors.ts'

/** The query side of a model: one fixed weight for each word piece, no network. */
export class QueryTable {
  /** Number of pieces with a weight above 0. */
  readonly size: number
  /**
   * SHA-256 (hex) of the JSON array of [piece, weight] pairs with weight above 0, ordered by piece (UTF-16 units):
   * key order and number format of the file do not change it.
   */
  readonly hash: string
  readonly #weights: ReadonlyMap<string, number>

  /**
   * @param json flat object {piece: weight}, natural-log IDF as a rule (recipe: OpenSearch's idf.json)
   * @throws LexpandError MODEL when it is not a flat object of finite numbers
   */
  constructor(json: unknown) {
    this.#weights = positiveWeights(json)
    this.size = this.#weights.size
    const ordered = [...this.#weights].sort(([a], [b]) => (a < b ? -1 : 1))
    this.hash = createHash('sha256').update(JSON.stringify(ordered)).digest('hex')
  }

  /** Weight of a piece in a query; 0 when the table lacks it, and the piece is then not searched for. */
  weight(piece: string): number {
    return this.#weights.get(piece) ?? 0
  }
}

function positiveWeights(json: unknown): Map<string, number> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new LexpandError(
      'MODEL',
      `[query table] expected a flat JSON object {piece: weight}, got ${Array.isArray(json) ? 'an array' : typeof json}. ` +
        "Restore the model's query-table.json.",
    )
  }
  const weights = new Map<string, number>()
  for (const [piece, weight] of Object.entries(json)) {
    if (typeof weight !== 'number' || !Number.isFinite(weight)) {
      throw new LexpandError(
        'MODEL',
        `[query table] expected a finite number for ${JSON.stringify(piece)}, got ${JSON.stringify(weight)}. ` +
          "Restore the model's query-table.json.",
      )
    }
    if (weight > 0) weights.set(piece, weight)
  }
  return weights
}
