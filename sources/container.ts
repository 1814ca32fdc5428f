import { Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { LexpandError } from '../sparse/errors.ts'
import { startingWith } from './head.ts'
import type { OnProblem } from './record.ts'

/**
 * The decoded text of an input, as UTF-8: gzip and zstd are unpacked, and UTF-16 with a byte order mark is converted.
 * The first bytes decide, not the name.
 *
 * @param onProblem called when a packed stream ends early or is damaged; the part before it stays
 * @throws LexpandError INPUT for formats without readable documents, with the format and the remedy
 */
export async function unpacked(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  onProblem: OnProblem,
): Promise<AsyncIterable<Uint8Array>> {
  const [head, whole] = await startingWith(chunks, HEAD_BYTES)
  for (const [magic, what, advice] of FOREIGN) {
    if (startsWith(head, magic)) throw foreign(name, what, advice)
  }
  if (startsWith(head.subarray(TAR_MAGIC_AT), bytesOf('ustar'))) {
    throw foreign(name, 'a tar archive', 'Unpack it with tar -xf and give the folder or the file in it')
  }
  if (startsWith(head, [0x1f, 0x8b])) {
    return unpacked(decompressed(whole, createGunzip(), `${name} (gzip)`, onProblem), name, onProblem)
  }
  if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd])) {
    return unpacked(decompressed(whole, createZstdDecompress(), `${name} (zstd)`, onProblem), name, onProblem)
  }
  if (startsWith(head, [0xff, 0xfe])) return fromUtf16(whole, 'utf-16le', name, onProblem)
  if (startsWith(head, [0xfe, 0xff])) return fromUtf16(whole, 'utf-16be', name, onProblem)
  return whole
}

/** The name without the extension of the compression. */
export function unpackedName(name: string): string {
  return name.replace(/\.(gz|gzip|zst|zstd)$/i, '')
}

const TAR_MAGIC_AT = 257
const HEAD_BYTES = TAR_MAGIC_AT + 5

const FOREIGN: readonly (readonly [magic: readonly number[], what: string, advice: string])[] = [
  [
    bytesOf('PK\u0003\u0004'),
    'a zip archive or an Office file',
    'Unpack it with unzip, or save the table as CSV',
  ],
  [bytesOf('BZh'), 'bzip2', 'Unpack it: bzcat FILE | lexpand index - ...'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz', 'Unpack it: xzcat FILE | lexpand index - ...'],
  [bytesOf('%PDF-'), 'a PDF', 'Take its text out, for example with pdftotext'],
  [
    bytesOf('SQLite format 3\u0000'),
    'an SQLite database',
    'Export it: sqlite3 -csv -header FILE "SELECT ..."',
  ],
  [bytesOf('PAR1'), 'Parquet', 'It is read from a file, not from a stream: save it, then name the file'],
  [bytesOf('ARROW1'), 'Arrow', 'Save it as Parquet or JSON lines'],
  [bytesOf('Obj\u0001'), 'Avro', 'Save it as Parquet or JSON lines'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Office file', 'Save the table as CSV'],
]

function bytesOf(text: string): number[] {
  return [...Buffer.from(text, 'latin1')]
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, at) => bytes[at] === byte)
}

function foreign(name: string, what: string, advice: string): LexpandError {
  return new LexpandError('INPUT', `[source] expected JSON, CSV or text in ${name}, got ${what}. ${advice}.`)
}

async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  unpacker: Transform,
  name: string,
  onProblem: OnProblem,
): AsyncGenerator<Uint8Array> {
  const packed = Readable.from(chunks)
  packed.once('error', (error) => unpacker.destroy(error))
  packed.pipe(unpacker)
  try {
    yield* unpacker as AsyncIterable<Uint8Array>
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    onProblem({
      position: name,
      message: `expected a whole file, got one that cannot be unpacked further (${reason}). Fetch it again: what came before it is read`,
    })
  } finally {
    packed.destroy()
    unpacker.destroy()
  }
}

async function* fromUtf16(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
  name: string,
  onProblem: OnProblem,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  try {
    for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }))
    yield Buffer.from(decoder.decode())
  } catch {
    onProblem({
      position: name,
      message: `expected ${encoding} as its byte order mark says, got bytes that are not. Convert the file, for example with iconv: what came before them is read`,
    })
  }
}
