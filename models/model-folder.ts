import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { LexpandError } from '../sparse/errors.ts'
import { QueryTable } from '../sparse/query/query-table.ts'
import { WordPieceTokenizer } from '../sparse/word-pieces/tokenizer.ts'
import { modelIdentity } from './identity.ts'
import { type Manifest, MODEL_FILES, manifestSchema } from './manifest.ts'

/** A model whose files are complete and unchanged. */
export interface Model {
  readonly manifest: Manifest
  /** Absolute path of the folder. */
  readonly directory: string
  /** Absolute path of the ONNX graph. */
  readonly modelFile: string
  readonly tokenizer: WordPieceTokenizer
  readonly queryTable: QueryTable
  /** SHA-256 (hex) over everything that decides its vectors. */
  readonly identity: string
}

/**
 * Reads a model folder and checks every file against the manifest.
 *
 * @param remedy last sentence of error messages: how a user repairs a damaged file
 * @throws LexpandError MODEL with the file, the expected and the found value
 */
export async function readModelFolder(directory: string, remedy: string): Promise<Model> {
  const manifest = await readManifest(join(directory, 'manifest.json'), remedy)
  for (const file of MODEL_FILES) await verify(directory, file, manifest, remedy)
  const tokenizer = new WordPieceTokenizer(await readJson(join(directory, 'tokenizer.json'), remedy))
  expectHash('vocabulary_hash', manifest, tokenizer.vocabularyHash, remedy)
  const queryTable = new QueryTable(await readJson(join(directory, 'query-table.json'), remedy))
  expectHash('query_table_hash', manifest, queryTable.hash, remedy)
  return {
    manifest,
    directory,
    modelFile: join(directory, 'model.onnx'),
    tokenizer,
    queryTable,
    identity: modelIdentity(manifest),
  }
}

/** SHA-256 (hex) of a file, read as a stream. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

/** Far above any BERT tokenizer (multilingual ones have 2.5 MB), far below what would exhaust memory. */
const LARGEST_JSON = 64 * 1024 * 1024

/** @throws LexpandError MODEL when the file is missing, too large, or not a JSON object */
export async function readJson(path: string, remedy: string): Promise<object> {
  const { size } = await statFile(path, remedy)
  if (size > LARGEST_JSON) {
    throw unusable({ path, remedy }, `at most ${LARGEST_JSON} bytes`, `${size} bytes`)
  }
  const content = await readFile(path, 'utf8')
  try {
    const parsed: unknown = JSON.parse(content)
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch (cause) {
    throw unusable({ path, remedy }, 'JSON', 'something that does not parse', cause)
  }
  throw unusable({ path, remedy }, 'a JSON object', 'another JSON value')
}

async function readManifest(path: string, remedy: string): Promise<Manifest> {
  const parsed = manifestSchema.safeParse(await readJson(path, remedy))
  if (parsed.success) return parsed.data
  throw unusable(
    { path, remedy },
    'a manifest of schema 1',
    `these problems: ${z.prettifyError(parsed.error)}`,
    parsed.error,
  )
}

async function verify(
  directory: string,
  file: (typeof MODEL_FILES)[number],
  manifest: Manifest,
  remedy: string,
): Promise<void> {
  const path = join(directory, file)
  const { size } = await statFile(path, remedy)
  const expected = manifest.files[file]
  const actual = await fileSha256(path)
  if (actual !== expected) throw unusable({ path, remedy }, `sha256 ${expected}`, `${actual} (${size} bytes)`)
}

function expectHash(
  key: 'vocabulary_hash' | 'query_table_hash',
  manifest: Manifest,
  actual: string,
  remedy: string,
): void {
  if (manifest[key] === actual) return
  throw new LexpandError(
    'MODEL',
    `[model ${manifest.name}] expected ${key} ${manifest[key]} as in manifest.json, got ${actual}: ` +
      `its files belong to different models. ${remedy}`,
  )
}

async function statFile(path: string, remedy: string) {
  try {
    const found = await stat(path)
    if (found.isFile()) return found
  } catch (cause) {
    throw unusable({ path, remedy }, 'a file', 'nothing readable', cause)
  }
  throw unusable({ path, remedy }, 'a file', 'something else')
}

function unusable(
  { path, remedy }: { readonly path: string; readonly remedy: string },
  expected: string,
  actual: string,
  cause?: unknown,
): LexpandError {
  return new LexpandError('MODEL', `[model] ${path}: expected ${expected}, got ${actual}. ${remedy}`, {
    cause,
  })
}
