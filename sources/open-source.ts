import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { LexpandError } from '../sparse/errors.ts'
import { readCsv } from './csv.ts'
import { isTextFile, readFolder, readTextFile } from './folder.ts'
import { readJsonl } from './jsonl.ts'
import type { OnProblem, SourceRecord } from './record.ts'

export const SOURCE_KINDS = ['jsonl', 'csv', 'folder', 'beir', 'text'] as const
export type SourceKind = (typeof SOURCE_KINDS)[number]

export interface SourceOptions {
  /** How bytes of a file or of standard input are read; found from the name when absent, JSONL for `-`. */
  readonly format?: 'jsonl' | 'csv' | undefined
  /** Field that holds the id. @default `_id`, else `id`, else the engine makes ids */
  readonly idField?: string | undefined
  /** Cut text files into passages of about so many words. @default whole files */
  readonly wordsPerPassage?: number | undefined
  readonly onProblem: OnProblem
}

export interface Source {
  readonly kind: SourceKind
  /** Read once, with constant memory. */
  readonly records: AsyncIterable<SourceRecord>
}

/**
 * Opens what the user named: a JSONL or CSV file, a text, Markdown or HTML file, a folder of those, a BEIR
 * folder (it has a corpus.jsonl), or `-` for standard input.
 *
 * @param stdin read only for `-`
 * @throws LexpandError CONFIGURATION when there is no such file or its kind cannot be told
 */
export async function openSource(
  reference: string,
  options: SourceOptions,
  stdin: AsyncIterable<Uint8Array>,
): Promise<Source> {
  if (reference === '-') return fromBytes(stdin, 'standard input', options.format ?? 'jsonl', options)
  const { onProblem, wordsPerPassage } = options
  if ((await existing(reference)).isDirectory()) {
    const corpus = join(reference, 'corpus.jsonl')
    if (await isFile(corpus)) {
      const { records } = fromBytes(createReadStream(corpus), 'corpus.jsonl', 'jsonl', options)
      return { kind: 'beir', records }
    }
    return { kind: 'folder', records: readFolder(reference, wordsPerPassage, onProblem) }
  }
  const name = basename(reference)
  if (options.format === undefined && isTextFile(name)) {
    return { kind: 'text', records: readTextFile(reference, name, wordsPerPassage, onProblem) }
  }
  return fromBytes(createReadStream(reference), name, options.format ?? formatOf(name), options)
}

function fromBytes(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  format: 'jsonl' | 'csv',
  { idField, onProblem }: SourceOptions,
): Source {
  const read = format === 'csv' ? readCsv : readJsonl
  return { kind: format, records: read(bytes, name, idField, onProblem) }
}

function formatOf(name: string): 'jsonl' | 'csv' {
  const extension = extname(name).toLowerCase()
  if (extension === '.csv') return 'csv'
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl'
  throw new LexpandError(
    'CONFIGURATION',
    `[source] expected a .jsonl, .ndjson, .csv, .txt, .md or .html file or a folder, got ${JSON.stringify(name)}. Say what it is with --format jsonl or --format csv.`,
  )
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
