import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSource } from '../sources/open-source.ts'
import type { SourceProblem } from '../sources/record.ts'
import { LexpandError } from '../sparse/errors.ts'
import type { Qrels } from './metrics.ts'
import { parseQrels } from './query-files.ts'

/** Queries and judgments of a test collection in BEIR layout. */
export interface BeirQueries {
  /** Judged queries only: id -> text, in the order of the judgments. */
  readonly queries: ReadonlyMap<string, string>
  readonly qrels: Qrels
}

export interface BeirDocument {
  readonly id: string
  /** (title + " " + text).strip(), as in the protocol of the published figures. */
  readonly text: string
}

/** @param split name of a file in `qrels/`, without its extension */
export async function readBeirQueries(directory: string, split = 'test'): Promise<BeirQueries> {
  const qrels = await readQrels(directory, split)
  const texts = new Map<string, string>()
  for await (const { id, source } of await open(join(directory, 'queries.jsonl'), '_id')) {
    if (id !== undefined && typeof source.text === 'string') texts.set(id, source.text)
  }
  const queries = new Map<string, string>()
  for (const id of qrels.keys()) {
    const text = texts.get(id)
    if (text === undefined) {
      throw new LexpandError(
        'INPUT',
        `[eval] expected every judged query in queries.jsonl, got none with _id ${JSON.stringify(id)}. Complete ${directory}.`,
      )
    }
    queries.set(id, text)
  }
  return { queries, qrels }
}

/** Streams the corpus. @throws LexpandError INPUT at the first line that is no document: a partial corpus gives wrong figures */
export async function* readBeirDocuments(directory: string): AsyncGenerator<BeirDocument> {
  for await (const { id, source, position } of await open(join(directory, 'corpus.jsonl'), '_id')) {
    const { title, text } = source
    if (id === undefined || !isTextOrAbsent(title) || !isTextOrAbsent(text)) {
      throw inputError({ position, message: 'expected _id, text and perhaps title as text' })
    }
    yield { id, text: `${title ?? ''} ${text ?? ''}`.trim() }
  }
}

async function open(file: string, idField: string) {
  const onProblem = (problem: SourceProblem) => {
    throw inputError(problem)
  }
  // A file never reads standard input.
  const { records } = await openSource(file, { idField, onProblem }, nothing())
  return records
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function readQrels(directory: string, split: string): Promise<Qrels> {
  const file = join(directory, 'qrels', `${split}.tsv`)
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LexpandError(
      'CONFIGURATION',
      `[eval] expected a BEIR folder with corpus.jsonl, queries.jsonl and qrels/${split}.tsv, got ${JSON.stringify(directory)}, where ${file} cannot be read. Check the path.`,
      { cause },
    )
  })
  const qrels = parseQrels(text, 'eval', `${split}.tsv`)
  if (qrels.size === 0)
    throw inputError({ position: `${split}.tsv`, message: 'expected judgments, got none' })
  return qrels
}

function isTextOrAbsent(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string'
}

function inputError({ position, message }: SourceProblem): LexpandError {
  return new LexpandError('INPUT', `[eval] ${position}: ${message}. Correct the file.`)
}
