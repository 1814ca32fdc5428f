import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { LexpandError } from '../sparse/errors.ts'
import { unpacked, unpackedName } from './container.ts'
import { readCsv } from './csv/read-csv.ts'
import { startingWith } from './head.ts'
import { readJson } from './json/read-json.ts'
import { readParquet } from './parquet.ts'
import type { OnProblem, SourceRecord } from './record.ts'
import { isTextFile, readFolder, readTextFile } from './text/folder.ts'

export const SOURCE_FORMATS = ['json', 'jsonl', 'csv', 'tsv', 'parquet'] as const
export type SourceFormat = (typeof SOURCE_FORMATS)[number]

export type SourceKind = SourceFormat | 'folder' | 'beir' | 'text'

export interface SourceOptions {
  /**
   * Format of a file or of standard input; found from the name, else from the first bytes. `json` and `jsonl` are the
   * same: the first lines tell lines, lists, objects over several lines and `_bulk` bodies apart.
   */
  readonly format?: SourceFormat | undefined
  /** Field that holds the id. @default `_id`, else `id`, else an id made of the content */
  readonly idField?: string | undefined
  /** Delimiter of CSV. @default found in the first line */
  readonly delimiter?: string | undefined
  /** Names of the columns of CSV without a line of names. @default those in the first line */
  readonly columns?: readonly string[] | undefined
  /** Approximate number of words of the passages into which text files are cut. @default whole files */
  readonly wordsPerPassage?: number | undefined
  readonly onProblem: OnProblem
}

export interface Source {
  readonly kind: SourceKind
  /** Can be read once, with constant memory. */
  readonly records: AsyncIterable<SourceRecord>
}

/**
 * Opens a source: a JSON, CSV, TSV or Parquet file, packed with gzip or zstd or not, a text, Markdown or HTML file, a
 * folder of those, a BEIR folder (it has a corpus.jsonl), or `-` for standard input.
 *
 * @param stdin read only for `-`
 * @throws LexpandError CONFIGURATION when there is no such file, INPUT with the reason when its content cannot be read
 */
export async function openSource(
  reference: string,
  options: SourceOptions,
  stdin: AsyncIterable<Uint8Array>,
): Promise<Source> {
  if (reference === '-') return fromBytes(stdin, 'standard input', options)
  const { onProblem, wordsPerPassage, format } = options
  if ((await existing(reference)).isDirectory()) {
    const corpus = join(reference, 'corpus.jsonl')
    if (await isFile(corpus)) {
      const { records } = await fromBytes(createReadStream(corpus), 'corpus.jsonl', options)
      return { kind: 'beir', records }
    }
    return { kind: 'folder', records: readFolder(reference, wordsPerPassage, onProblem) }
  }
  const name = basename(reference)
  if (format === undefined && isTextFile(name)) {
    return { kind: 'text', records: readTextFile(reference, name, wordsPerPassage, onProblem) }
  }
  if (format === 'parquet' || (await startsLikeParquet(reference))) {
    return { kind: 'parquet', records: readParquet(reference, name, options.idField, onProblem) }
  }
  return fromBytes(createReadStream(reference), name, options)
}

async function fromBytes(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  options: SourceOptions,
): Promise<Source> {
  const { idField, onProblem } = options
  const text = await unpacked(bytes, name, onProblem)
  const [head, whole] = await startingWith(text, HEAD_BYTES)
  const kind = options.format ?? kindOf(name, new TextDecoder().decode(head))
  if (kind === 'csv' || kind === 'tsv') {
    const delimiter = options.delimiter ?? (kind === 'tsv' ? '\t' : undefined)
    return { kind, records: readCsv(whole, name, { ...options, delimiter }) }
  }
  if (kind === 'parquet') {
    throw new LexpandError(
      'CONFIGURATION',
      `[source] expected a file for --format parquet, got ${name}. Parquet is read from its end: save it, then name the file.`,
    )
  }
  return { kind, records: readJson(whole, name, idField, onProblem) }
}

const HEAD_BYTES = 1_024

const KINDS: Readonly<Record<string, SourceFormat>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
}

/** Found by the name; otherwise by the first character, which shows JSON. */
function kindOf(name: string, head: string): SourceFormat {
  const extension = extname(unpackedName(name)).toLowerCase()
  const known = Object.hasOwn(KINDS, extension) ? KINDS[extension] : undefined
  if (known !== undefined) return known
  if (/^\uFEFF?\s*([[{]|$)/.test(head)) return 'json'
  const [line = ''] = head.split(/\r?\n/)
  throw new LexpandError(
    'CONFIGURATION',
    `[source] expected JSON, CSV, TSV, Parquet, .txt, .md or .html, or a folder of texts, got ${name}, which begins with ${JSON.stringify([...line].slice(0, 60).join('').toWellFormed())}. Say what it is with --format ${SOURCE_FORMATS.join(', ')}.`,
  )
}

async function startsLikeParquet(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1'
  } finally {
    await file.close()
  }
}

async function existing(path: string) {
  try {
    return await stat(path)
  } catch (cause) {
    throw new LexpandError(
      'CONFIGURATION',
      `[source] expected a file, a folder or "-" for standard input, got ${JSON.stringify(path)}, which cannot be read. Check the path.`,
      { cause },
    )
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
