import { fileLines } from '../../measure/file-lines.ts'
import { LexpandError } from '../../sparse/errors.ts'

export type Piece = readonly [token: string, weight: number]

/** Vectors in 12 bytes for each word piece: parsing a hundred thousand from JSON again in each pass takes minutes. */
export class PackedVectors {
  readonly #tokens: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #documents: { readonly tokens: Uint32Array; readonly weights: Float64Array }[] = []

  /**
   * @param files lines of `lexpand encode`: `{"tokens": {piece: weight}, ...}`, read one after the other; a vector may
   *   be empty
   * @throws LexpandError INPUT with file and line for a line without such a vector
   */
  static async read(files: readonly string[]): Promise<PackedVectors> {
    const packed = new PackedVectors()
    for (const file of files) {
      for await (const { number, text } of fileLines(file)) {
        const pieces = piecesOf(text)
        if (pieces === undefined) throw noVector(file, number, text)
        packed.#add(pieces)
      }
    }
    return packed
  }

  get size(): number {
    return this.#documents.length
  }

  /** Each document's word pieces, heaviest first. */
  *documents(): Generator<Piece[]> {
    for (const { tokens, weights } of this.#documents)
      yield Array.from(tokens, (token, at) => [this.#tokens[token] ?? '', weights[at] ?? 0] as const)
  }

  #add(pieces: readonly Piece[]): void {
    this.#documents.push({
      tokens: Uint32Array.from(pieces, ([token]) => this.#number(token)),
      weights: Float64Array.from(pieces, ([, weight]) => weight),
    })
  }

  #number(token: string): number {
    const found = this.#numbers.get(token)
    if (found !== undefined) return found
    this.#numbers.set(token, this.#tokens.length)
    return this.#tokens.push(token) - 1
  }
}

const START = '"tokens":{'
const ENTRY = /"((?:[^"\\]|\\.)*)":([\d.eE+-]+)([,}])/y

/**
 * Word pieces in the order of the line, heaviest first; a parsed object of 150 names takes ten times as long and loses
 * the order.
 *
 * @returns undefined for a line that is cut off or has another form
 */
function piecesOf(line: string): Piece[] | undefined {
  const start = line.indexOf(START)
  if (start === -1) return undefined
  const pieces: Piece[] = []
  ENTRY.lastIndex = start + START.length
  if (line[ENTRY.lastIndex] === '}') return pieces
  for (let entry = ENTRY.exec(line); entry !== null; entry = ENTRY.exec(line)) {
    const [, token = '', digits, end] = entry
    const weight = Number(digits)
    if (Number.isNaN(weight)) return undefined
    pieces.push([token.includes('\\') ? JSON.parse(`"${token}"`) : token, weight])
    if (end === '}') return pieces
  }
  return undefined
}

function noVector(file: string, at: number, line: string): LexpandError {
  return new LexpandError(
    'INPUT',
    `[report] expected {"tokens":{"piece":weight,...}} in line ${at} of ${file}, got ${line.slice(0, 80)}. Write it anew with lexpand encode --no-prune.`,
  )
}
