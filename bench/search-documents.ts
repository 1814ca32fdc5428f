import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { LexpandError } from '../sparse/errors.ts'
import type { WordPieceTokenizer } from '../sparse/index.ts'
import { type FieldKind, SPARSE_FIELD, TEXT_FIELD } from './search-variants.ts'

/** JSON lines `{"_id", "text"}` and `{"_id", "vector": {piece: weight}}`: the same ids in the same order. */
export interface BenchFiles {
  readonly documents: string
  readonly vectors: string
}

export interface BenchDocument {
  readonly id: string
  readonly source: Readonly<Record<string, unknown>>
  /** Word pieces of its vector; 0 where the kind has none. */
  readonly tokens: number
}

interface Line {
  readonly _id: string
  readonly text?: string
  readonly vector?: Readonly<Record<string, number>>
}

/**
 * The documents as an index of this kind takes them, one after the other from the files.
 *
 * @param take documents, from the first on
 * @throws LexpandError INPUT when a line lacks what its file should hold, or the two files disagree about an id
 */
export async function* benchDocuments(
  kind: FieldKind,
  files: BenchFiles,
  tokenizer: Pick<WordPieceTokenizer, 'idOf'>,
  take: number,
): AsyncGenerator<BenchDocument> {
  const texts = kind === 'text' || kind === 'both' ? jsonLines(files.documents) : undefined
  const vectors = kind === 'text' ? undefined : jsonLines(files.vectors)
  for (let count = 0; count < take; count++) {
    const [withText, withVector] = [await texts?.next(), await vectors?.next()]
    if (withText?.done === true || withVector?.done === true) return
    const [id, otherId] = [withText?.value._id ?? withVector?.value._id, withVector?.value._id]
    if (id === undefined || (withText !== undefined && withVector !== undefined && id !== otherId))
      throw unusable(files.vectors, `the id ${id} of ${files.documents}`, String(otherId))
    const { text } = withText?.value ?? {}
    const { vector } = withVector?.value ?? {}
    if (texts !== undefined && typeof text !== 'string')
      throw unusable(files.documents, 'a text', String(text))
    if (vectors !== undefined && typeof vector !== 'object')
      throw unusable(files.vectors, 'a vector', String(vector))
    yield {
      id,
      source: {
        ...(text === undefined ? {} : { [TEXT_FIELD]: text }),
        ...(vector === undefined
          ? {}
          : { [SPARSE_FIELD]: kind === 'sparse_vector' ? byTokenId(vector, tokenizer) : vector }),
      },
      tokens: vector === undefined ? 0 : Object.keys(vector).length,
    }
  }
}

/** The peer's `sparse_vector` names tokens by number. */
function byTokenId(
  vector: Readonly<Record<string, number>>,
  tokenizer: Pick<WordPieceTokenizer, 'idOf'>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(vector).flatMap(([piece, weight]) => {
      const id = tokenizer.idOf(piece)
      return id === undefined ? [] : [[id, weight]]
    }),
  )
}

async function* jsonLines(file: string): AsyncGenerator<Line, undefined> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line !== '') yield JSON.parse(line) as Line
  }
}

function unusable(file: string, expected: string, got: string): LexpandError {
  return new LexpandError(
    'INPUT',
    `[bench] expected ${expected} in each line of ${file}, got ${got}. Correct the file.`,
  )
}
