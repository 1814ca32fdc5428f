import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { contentKey } from '../../measure/content-key.ts'
import { fileLines } from '../../measure/file-lines.ts'
import { seededRandom } from '../../quality/seeded-random.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { enlarged, type Parts } from './enlarge-corpus.ts'
import { PackedVectors, type Piece } from './packed-vectors.ts'

/** Files outside the repository from which the corpus is made. */
export interface CorpusSources {
  /** JSON lines with `text`. */
  readonly passages: string
  /** Lines of `lexpand encode --no-prune`, in the order of the passages; there may be fewer than passages. */
  readonly vectors: readonly string[]
  /** One query a line. */
  readonly queries: string
}

/** The files that `lexpand bench search` reads. */
export interface Corpus {
  /** Number of original documents; the others are variants. */
  readonly real: number
  readonly documents: string
  /** By smallest kept share of a document's largest weight. */
  readonly vectors: ReadonlyMap<number, string>
  readonly queries: string
}

/** Pruning of Lexpand's index and of those compared with it. */
export const INDEXED_RATIO = 0.1
export const OTHER_RATIOS = [0, 0.2]

const QUERIES = 1_000
/** Number of words of a query: shorter ones are names, longer ones pasted texts. */
const QUERY_WORDS = { least: 4, most: 12 }
const SEED = 1

/**
 * Writes the corpus once: texts and vectors enlarged to the largest size (the smaller ones are its first documents),
 * the vectors with other prunings only for the smallest size, and the sampled queries.
 *
 * @param sizes ascending
 */
export async function writeCorpus(
  sources: CorpusSources,
  folder: string,
  sizes: readonly number[],
  onProgress: (message: string) => void,
): Promise<Corpus> {
  mkdirSync(folder, { recursive: true })
  const [least = 0, most = 0] = [sizes[0], sizes.at(-1)]
  const { passages, vectors } = sources
  const key = contentKey([passages, ...vectors, sources.queries], SEED, QUERY_WORDS.least, QUERY_WORDS.most)
  const file = (name: string, documents: number | string) => join(folder, `${name}-${documents}-${key}.jsonl`)
  const vectorFile = (ratio: number) => file(`vectors-${ratio}`, ratio === INDEXED_RATIO ? most : least)
  const ratios = [INDEXED_RATIO, ...OTHER_RATIOS]
  const [documents, queries] = [file('documents', most), file('queries', QUERIES)]
  // Written last: if it exists, so do all other files of these two sizes.
  const about = file('about', `${least}-${most}`)
  if (!existsSync(about)) {
    const packed = await PackedVectors.read(sources.vectors)
    await assertPassages(sources, packed.size)
    for (const ratio of ratios) {
      onProgress(`vectors, pruned at ${ratio}`)
      await write(vectorFile(ratio), vectorLines(packed, ratio === INDEXED_RATIO ? most : least, ratio))
    }
    onProgress('texts and queries')
    await write(documents, textLines(sources, packed.size, most))
    await write(queries, queryLines(sources.queries))
    await write(about, [JSON.stringify({ real: packed.size })])
  }
  const { real } = JSON.parse(readFileSync(about, 'utf8')) as { real: number }
  return { real, documents, vectors: new Map(ratios.map((ratio) => [ratio, vectorFile(ratio)])), queries }
}

/** Writes a file completely or not at all. */
async function write(file: string, lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
  if (existsSync(file)) return
  await pipeline(Readable.from(lines), createWriteStream(`${file}.draft`))
  renameSync(`${file}.draft`, file)
}

async function assertPassages({ passages }: CorpusSources, encoded: number): Promise<void> {
  let read = 0
  for await (const _ of fileLines(passages)) if (++read === encoded) break
  if (encoded > 0 && read === encoded) return
  throw new LexpandError(
    'INPUT',
    `[report] expected a passage for each vector, got ${encoded} vectors and ${read} passages. Pass the files that belong together.`,
  )
}

async function* textLines(
  { passages }: CorpusSources,
  real: number,
  documents: number,
): AsyncGenerator<string> {
  async function* read(): AsyncGenerator<Parts<string>> {
    let count = 0
    for await (const line of fileLines(passages)) {
      yield (JSON.parse(line.text) as { text: string }).text.split(/\s+/).filter((word) => word !== '')
      if (++count === real) return
    }
  }
  let id = 0
  for await (const words of enlarged({ read, documents, seed: SEED }))
    yield `${JSON.stringify({ _id: String(id++), text: words.join(' ') })}\n`
}

async function* vectorLines(packed: PackedVectors, documents: number, ratio: number): AsyncGenerator<string> {
  async function* read(): AsyncGenerator<Parts<Piece>> {
    yield* packed.documents()
  }
  let id = 0
  for await (const pieces of enlarged({ read, documents, seed: SEED }))
    yield vectorLine(String(id++), pieces, ratio)
}

/** A line of a vector. A piece that both documents of a variant have keeps its larger weight; the vector is pruned like one of an index. */
export function vectorLine(id: string, pieces: Parts<Piece>, ratio: number): string {
  const weights = new Map<string, number>()
  let most = 0
  for (const [token, weight] of pieces) {
    if (weight > (weights.get(token) ?? 0)) weights.set(token, weight)
    if (weight > most) most = weight
  }
  // Written by hand: an object would reorder tokens that look like numbers, and would misread __proto__.
  let entries = ''
  for (const [token, weight] of weights) {
    if (weight >= ratio * most) entries += `${entries === '' ? '' : ','}${quoted(token)}:${weight}`
  }
  return `{"_id":${JSON.stringify(id)},"vector":{${entries}}}\n`
}

const QUOTED = new Map<string, string>()

/** A token as JSON, cached: the vocabulary is small, and each piece occurs in thousands of documents. */
function quoted(token: string): string {
  const found = QUOTED.get(token) ?? JSON.stringify(token)
  QUOTED.set(token, found)
  return found
}

/** Queries of a usual length, chosen by the seed: the same from the same file. */
async function* queryLines(file: string): AsyncGenerator<string> {
  const usual: string[] = []
  for await (const { text } of fileLines(file)) {
    const words = text.trim().split(/\s+/).length
    if (words >= QUERY_WORDS.least && words <= QUERY_WORDS.most) usual.push(text.trim())
  }
  const random = seededRandom(SEED)
  for (let count = Math.min(QUERIES, usual.length); count > 0; count--) {
    const [text] = usual.splice(Math.floor(random() * usual.length), 1)
    yield `${JSON.stringify({ text })}\n`
  }
}
