import { DROPPED, IDEOGRAPH, MARK, PUNCTUATION, SPACE } from './bert-characters.ts'

/** A pre-token of the original text: `text.slice(start, end)` holds it, with accents and control characters. */
export interface WordSpan {
  /** UTF-16 offset of the first unit. */
  readonly start: number
  /** UTF-16 offset behind the last unit. */
  readonly end: number
  /** The input of WordPiece: lower case, without accents and control characters. Never empty. */
  readonly normalized: string
}

/**
 * Splits text into the words of BERT's uncased normalizer and pre-tokenizer, without building the whole normalised
 * text: spans refer to the original, and a 10 MB text costs no second copy.
 *
 * Lexpand has its own splitter because `BertNormalizer` of @huggingface/tokenizers 0.2.0 differs from the reference
 * implementation on final sigma, on ideographs outside the basic plane, and wherever Node's Unicode tables are newer
 * than the reference's (see sparse/golden/).
 */
export function* wordSpans(text: string, from: number, to: number): Generator<WordSpan> {
  const kinds = characterKinds()
  let start = -1
  let end = -1
  for (let at = from; at < to; ) {
    const codePoint = text.codePointAt(at) as number
    const next = at + (codePoint > 0xffff ? 2 : 1)
    const kind = kinds[codePoint]
    if (kind === KIND.word) {
      if (start < 0) start = at
      end = next
    } else if (kind === KIND.space || kind === KIND.alone) {
      if (start >= 0) yield* span(text, start, end)
      start = -1
      if (kind === KIND.alone) yield* span(text, at, next)
    }
    at = next
  }
  if (start >= 0) yield* span(text, start, end)
}

// Marks count as word characters while splitting: they belong to the span of the word they modify.
const KIND = { word: 0, dropped: 1, space: 2, alone: 3 } as const

function* span(text: string, start: number, end: number): Generator<WordSpan> {
  const normalized = normalize(text.slice(start, end))
  if (normalized !== '') yield { start, end, normalized }
}

function normalize(word: string): string {
  if (isAscii(word)) return word.toLowerCase()
  const kinds = characterKinds()
  let normalized = ''
  for (const character of withoutDropped(word, kinds).normalize('NFD')) {
    // Lower case is applied to one character at a time: over a whole word JavaScript writes a final sigma, the reference does not.
    if (!marks().has(character.codePointAt(0) as number)) normalized += character.toLowerCase()
  }
  return normalized
}

function withoutDropped(word: string, kinds: Uint8Array): string {
  let kept = ''
  for (const character of word) {
    if (kinds[character.codePointAt(0) as number] !== KIND.dropped) kept += character
  }
  return kept
}

function isAscii(word: string): boolean {
  for (let at = 0; at < word.length; at++) {
    const unit = word.charCodeAt(at)
    if (unit < 0x20 || unit > 0x7e) return false
  }
  return true
}

let kindTable: Uint8Array | undefined
let markTable: Set<number> | undefined

/** Kind of every code point, 1.1 MB, built on first use. */
function characterKinds(): Uint8Array {
  if (kindTable === undefined) {
    kindTable = new Uint8Array(0x110000)
    fill(kindTable, DROPPED, KIND.dropped)
    fill(kindTable, SPACE, KIND.space)
    fill(kindTable, PUNCTUATION, KIND.alone)
    fill(kindTable, IDEOGRAPH, KIND.alone)
    // JSON may contain half a surrogate pair. The reference cannot process it; every writer of UTF-8 replaces it with
    // U+FFFD, which is dropped.
    kindTable.fill(KIND.dropped, 0xd800, 0xe000)
  }
  return kindTable
}

function marks(): ReadonlySet<number> {
  if (markTable === undefined) {
    markTable = new Set()
    for (const [first, last] of ranges(MARK)) {
      for (let codePoint = first; codePoint <= last; codePoint++) markTable.add(codePoint)
    }
  }
  return markTable
}

function fill(table: Uint8Array, edges: readonly number[], kind: number): void {
  for (const [first, last] of ranges(edges)) table.fill(kind, first, last + 1)
}

function* ranges(edges: readonly number[]): Generator<[number, number]> {
  for (let at = 0; at < edges.length; at += 2) yield [edges[at] as number, edges[at + 1] as number]
}
