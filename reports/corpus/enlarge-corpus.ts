import { createHash } from 'node:crypto'
import { seededRandom } from '../../quality/seeded-random.ts'

/** A document's words in their order, or its word pieces, heaviest first. */
export type Parts<T> = readonly T[]

/** Share of a variant's parts that come from another document. */
export const FOREIGN_SHARE = 0.3

/** Documents that lend to each other: what is held in memory. */
const WINDOW = 1_024

export interface EnlargeOptions<T> {
  /** Starts the real documents anew; every pass must give the same ones. */
  readonly read: () => AsyncIterable<Parts<T>>
  /** Documents wanted, the real ones among them. */
  readonly documents: number
  /** Same seed, same documents. @default 1 */
  readonly seed?: number | undefined
}

/**
 * As many documents as wanted: the real ones first, as they are, then variants of all of them, pass by pass. In a variant
 * three in ten parts, chosen at random, are replaced by those at the same relative place of another document, one of
 * 1,024 neighbours. Who lends to whom depends on the seed and the place alone, so texts and vectors that are
 * enlarged apart are made of the same two documents. The first n of more documents are n documents enlarged.
 * Streams: memory does not grow with `documents`.
 */
export async function* enlarged<T>({
  read,
  documents,
  seed = 1,
}: EnlargeOptions<T>): AsyncGenerator<Parts<T>> {
  let made = 0
  for (let pass = 0; made < documents; pass++) {
    let place = 0
    for await (const window of windows(read())) {
      for (const [at, own] of window.entries()) {
        if (made === documents) return
        yield pass === 0 ? own : variant(own, window, { at, place: place + at, pass, seed })
        made++
      }
      place += window.length
    }
    if (place === 0) return
  }
}

interface Place {
  /** In the window. */
  readonly at: number
  /** In the whole. */
  readonly place: number
  readonly pass: number
  readonly seed: number
}

function variant<T>(own: Parts<T>, window: readonly Parts<T>[], { at, place, pass, seed }: Place): Parts<T> {
  const random = seededRandom(placeSeed(seed, pass, place))
  const step = 1 + Math.floor(random() * (window.length - 1))
  const lender = window.length === 1 ? own : (window[(at + step) % window.length] ?? own)
  return own.map((part, index) =>
    random() < FOREIGN_SHARE ? (lender[Math.floor((index * lender.length) / own.length)] ?? part) : part,
  )
}

/** Neighbouring seeds give like numbers at first: they are spread by a hash. */
function placeSeed(...numbers: readonly number[]): number {
  return createHash('md5').update(numbers.join(' ')).digest().readUInt32LE()
}

async function* windows<T>(documents: AsyncIterable<T>): AsyncGenerator<T[]> {
  let window: T[] = []
  for await (const document of documents) {
    window.push(document)
    if (window.length === WINDOW) {
      yield window
      window = []
    }
  }
  if (window.length > 0) yield window
}
