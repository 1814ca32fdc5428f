import { LexpandError } from '../sparse/errors.ts'
import type { WordPieceTokenizer } from '../sparse/index.ts'
import { textStart } from '../sparse/text-start.ts'
import { fileLines } from './file-lines.ts'
import { type FieldKind, HUNDREDTH_FIELD, SPARSE_FIELD, TEXT_FIELD } from './search-variants.ts'

/** JSON lines `{"_id", "text"}` and `{"_id", "vector": {piece: weight}}`: the same ids in the same order. */
export interface BenchFiles {
  readonly documents: string
  readonly vectors: string
}

export interface BenchDocument {
  readonly id: string
  /** The source as JSON. */
  readonly source: string
  /** Number of word pieces of its vector; 0 where the kind has none. */
  readonly tokens: number
}

/**
 * Reads the documents from the files, one after the other, in the form of an index of this kind.
 *
 * @param take number of documents, from the first on
 * @throws LexpandError INPUT when a line lacks a value that its file should have, or the two files disagree about an id
 */
export async function* benchDocuments(
  kind: FieldKind,
  files: BenchFiles,
  tokenizer: Pick<WordPieceTokenizer, 'idOf'>,
  take: number,
): AsyncGenerator<BenchDocument> {
  const texts = kind === 'text' || kind === 'both' ? parsed(files.documents, textOf) : undefined
  const vectors = kind === 'text' ? undefined : parsed(files.vectors, vectorOf)
  for (let count = 0; count < take; count++) {
    const [nextText, nextVector] = [await texts?.next(), await vectors?.next()]
    if (nextText?.done === true || nextVector?.done === true) return
    const [withText, withVector] = [nextText?.value, nextVector?.value]
    const id = withText?.id ?? withVector?.id ?? ''
    if (withVector !== undefined && withVector.id !== id)
      throw unusable(files.vectors, `the id ${id} of ${files.documents}`, withVector.id)
    const vector =
      kind === 'sparse_vector' ? byTokenId(withVector?.json ?? '{}', tokenizer) : withVector?.json
    const fields = [
      `"${HUNDREDTH_FIELD}":${hundredth(count)}`,
      ...(withText === undefined ? [] : [`"${TEXT_FIELD}":${withText.json}`]),
      ...(vector === undefined ? [] : [`"${SPARSE_FIELD}":${vector}`]),
    ]
    yield { id, source: `{${fields.join(',')}}`, tokens: withVector?.tokens ?? 0 }
  }
}

/** Spreads numbers evenly, whatever the order of the documents (multiplicative hashing by the golden ratio, Knuth 6.4). */
function hundredth(ordinal: number): number {
  return (Math.imul(ordinal, 0x9e3779b1) >>> 16) % 100
}

interface Part {
  readonly id: string
  readonly json: string
  readonly tokens: number
}

const VECTOR_LINE = /^\{"_id":("(?:[^"\\]|\\.)*"),"vector":(\{.*\})\}$/
/** The quote that ends a key: no backslash escapes it, and a colon follows. Weights contain neither. */
const KEY_END = /(?<!\\)(?:\\\\)*":/g

/**
 * Cuts the vector out of the line without building an object of a hundred keys, which would compete with the engine for
 * the cores; the engine checks the content.
 */
function vectorOf(line: string): Part | undefined {
  const [, id, json] = VECTOR_LINE.exec(line) ?? []
  if (id !== undefined && json !== undefined)
    return { id: JSON.parse(id), json, tokens: json.match(KEY_END)?.length ?? 0 }
  const { _id, vector } = JSON.parse(line) as { _id?: string; vector?: object }
  if (typeof _id !== 'string' || typeof vector !== 'object') return undefined
  return { id: _id, json: JSON.stringify(vector), tokens: Object.keys(vector).length }
}

function textOf(line: string): Part | undefined {
  const { _id, text } = JSON.parse(line) as { _id?: string; text?: string }
  if (typeof _id !== 'string' || typeof text !== 'string') return undefined
  return { id: _id, json: JSON.stringify(text), tokens: 0 }
}

/** Replaces tokens by their numbers, as the peer's `sparse_vector` names them. */
function byTokenId(json: string, tokenizer: Pick<WordPieceTokenizer, 'idOf'>): string {
  const numbered = Object.entries(JSON.parse(json) as Record<string, number>).flatMap(([piece, weight]) => {
    const id = tokenizer.idOf(piece)
    return id === undefined ? [] : [[id, weight]]
  })
  return JSON.stringify(Object.fromEntries(numbered))
}

async function* parsed(
  file: string,
  part: (line: string) => Part | undefined,
): AsyncGenerator<Part, undefined> {
  for await (const { text } of fileLines(file)) {
    const found = part(text)
    if (found === undefined) throw unusable(file, 'an _id and a text or vector', textStart(text, 80))
    yield found
  }
}

function unusable(file: string, expected: string, got: string): LexpandError {
  return new LexpandError(
    'INPUT',
    `[bench] expected ${expected} in each line of ${file}, got ${got}. Correct the file.`,
  )
}
