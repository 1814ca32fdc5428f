import { TextDecoder } from 'node:util'

/** One line of a byte stream, without its line end. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: string }

const NEWLINE = 0x0a
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Splits bytes into lines of strict UTF-8. Memory stays at one line: a line longer than `maxBytes` is skipped and
 * reported, and so is one that is not UTF-8 (Node's readline would silently insert U+FFFD).
 *
 * @param maxBytes largest length of one line
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let number = 0
  let parts: Uint8Array[] = []
  let bytes = 0

  const keep = (part: Uint8Array) => {
    bytes += part.length
    if (bytes > maxBytes) parts = []
    else parts.push(part)
  }
  const finish = (): Line => {
    number += 1
    const line =
      bytes > maxBytes
        ? { number, problem: `expected at most ${maxBytes} bytes in a line, got ${bytes}` }
        : decode(decoder, number, parts)
    parts = []
    bytes = 0
    return line
  }

  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end))
      yield finish()
      start = end + 1
    }
    if (start < chunk.length) keep(chunk.subarray(start))
  }
  if (bytes > 0) yield finish()
}

function decode(decoder: TextDecoder, number: number, parts: Uint8Array[]): Line {
  try {
    const text = decoder.decode(Buffer.concat(parts))
    return { number, text: number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text }
  } catch {
    return {
      number,
      problem: 'expected UTF-8, got bytes that are not. Convert the file, for example with iconv',
    }
  }
}
