import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

export type Piece = readonly [token: string, weight: number]

/** Vectors in 12 bytes a word piece: reading a hundred thousand from their JSON again for each pass takes minutes. */
export class PackedVectors {
  readonly #tokens: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #documents: { readonly tokens: Uint32Array; readonly weights: Float64Array }[] = []

  /** @param files lines of `lexpand encode`: `{"tokens": {piece: weight}, ...}`, read one after the other */
  static async read(files: readonly string[]): Promise<PackedVectors> {
    const packed = new PackedVectors()
    for (const file of files) {
      for await (const line of createInterface({ input: createReadStream(file) })) {
        if (line !== '') packed.#add(piecesOf(line))
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

/** In the order of the line, which is heaviest first; a parsed object of 150 names takes ten times as long and loses the order. */
function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = []
  ENTRY.lastIndex = line.indexOf(START) + START.length
  for (let entry = ENTRY.exec(line); entry !== null; entry = ENTRY.exec(line)) {
    const [, token = '', weight, end] = entry
    pieces.push([token.includes('\\') ? JSON.parse(`"${token}"`) : token, Number(weight)])
    if (end === '}') break
  }
  return pieces
}
