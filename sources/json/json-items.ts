/** One value of a JSON text; `line` is the number of its first line. */
export type JsonItem =
  | { readonly number: number; readonly line: number; readonly text: string }
  | { readonly number: number; readonly line: number; readonly problem: string }

/**
 * Cuts JSON into its values by brackets and quotes alone: the elements of a list, or objects one after the other.
 * Memory stays at one value; a value longer than `maxBytes` is skipped and reported.
 */
export async function* jsonItems(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  { isList }: { readonly isList: boolean },
): AsyncGenerator<JsonItem> {
  const scanner = new Scanner(maxBytes, isList)
  for await (const chunk of chunks) yield* scanner.take(chunk)
  yield* scanner.end()
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const LIST_START = 0x5b
const LIST_END = 0x5d
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])
const NEWLINE = 0x0a
/** White space of JSON, and the three bytes of a byte order mark. */
const BLANK = new Set([0x20, 0x09, 0x0d, NEWLINE, 0xef, 0xbb, 0xbf])

class Scanner {
  readonly #maxBytes: number
  /** Depth of the brackets at which values begin. */
  readonly #base: number
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #depth = 0
  #inString = false
  #escaped = false
  #line = 1
  #number = 0
  /** First line of the value under way; undefined between values. */
  #startLine: number | undefined
  #parts: Uint8Array[] = []
  #bytes = 0
  /** Whether the rest of the input is no JSON. */
  #isRefused = false

  constructor(maxBytes: number, isList: boolean) {
    this.#maxBytes = maxBytes
    this.#base = isList ? 1 : 0
  }

  *take(chunk: Uint8Array): Generator<JsonItem> {
    if (this.#isRefused) return
    let start = this.#startLine === undefined ? -1 : 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === NEWLINE) this.#line++
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (byte === BACKSLASH) this.#escaped = true
        else if (byte === QUOTE) this.#inString = false
        continue
      }
      if (start === -1) {
        if (BLANK.has(byte) || byte === COMMA) continue
        if (this.#depth < this.#base) {
          if (byte !== LIST_START) {
            this.#isRefused = true
            yield this.#broken('expected nothing or another list behind the list, got something else')
            return
          }
          this.#depth++
          continue
        }
        if (this.#base === 1 && byte === LIST_END) {
          this.#depth = 0
          continue
        }
        start = at
        this.#startLine = this.#line
      }
      if (byte === QUOTE) this.#inString = true
      else if (OPENING.has(byte)) this.#depth++
      else if (CLOSING.has(byte) && this.#depth > this.#base) {
        this.#depth--
        if (this.#depth === this.#base) {
          this.#keep(chunk.subarray(start, at + 1))
          yield this.#finish()
          start = -1
        }
      } else if (this.#depth === this.#base && (byte === COMMA || BLANK.has(byte) || CLOSING.has(byte))) {
        this.#keep(chunk.subarray(start, at))
        yield this.#finish()
        start = -1
        // The bracket that ends the list is read again, now between values.
        if (CLOSING.has(byte)) at--
      }
    }
    if (start !== -1) this.#keep(chunk.subarray(start))
  }

  *end(): Generator<JsonItem> {
    if (this.#isRefused) return
    const isOpen = this.#depth > this.#base || this.#inString
    if (this.#startLine !== undefined) {
      yield isOpen
        ? this.#broken('expected the value that begins here to end, got the end of the input')
        : this.#finish()
    } else if (this.#depth === 1 && this.#base === 1) {
      yield this.#broken('expected "]" at the end of the list, got the end of the input: it may be cut off')
    }
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.length
    if (this.#bytes > this.#maxBytes) this.#parts = []
    else this.#parts.push(part)
  }

  #finish(): JsonItem {
    const bytes = this.#bytes
    const parts = this.#parts
    const line = this.#startLine ?? this.#line
    this.#parts = []
    this.#bytes = 0
    this.#startLine = undefined
    this.#number++
    const place = { number: this.#number, line }
    if (bytes > this.#maxBytes)
      return { ...place, problem: `expected at most ${this.#maxBytes} bytes in a document, got ${bytes}` }
    try {
      return { ...place, text: this.#decoder.decode(Buffer.concat(parts)) }
    } catch {
      return {
        ...place,
        problem: 'expected UTF-8, got bytes that are not. Convert the file, for example with iconv',
      }
    }
  }

  #broken(problem: string): JsonItem {
    return { number: this.#number + 1, line: this.#startLine ?? this.#line, problem }
  }
}
