import { createHash } from 'node:crypto'
import { seededRandom } from '../../quality/seeded-random.ts'

/** A document's words in their order, or its word pieces, heaviest first. */
export type Parts<T> = readonly T[]

/** Share of a variant's parts that come from another document. */
export const FOREIGN_SHARE = 0.3

/** Number of documents that lend parts to each other: those in memory. */
const WINDOW = 1_024

export interface EnlargeOptions<T> {
  /** Starts the original documents anew; every pass must give the same ones. */
  readonly read: () => AsyncIterable<Parts<T>>
  /** Number of documents, the original ones included. */
  readonly documents: number
  /** Equal seeds give equal documents. @default 1 */
  readonly seed?: number | undefined
}

/**
 * As many documents as asked for: first the original ones, unchanged, then variants of all of them, pass by pass. In a
 * variant three in ten parts, chosen at random, are replaced by those at the same relative position of another
 * document, one of 1,024 neighbours. The lender depends only on the seed and the position, so texts and vectors that
 * are enlarged separately are made of the same two documents. The first n of more documents are n documents enlarged.
 * The documents stream: memory does not grow with `documents`.
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
  /** Position in the window. */
  readonly at: number
  /** Position in the whole list. */
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

/** A hash spreads the seeds: neighbouring seeds give similar first numbers. */
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
