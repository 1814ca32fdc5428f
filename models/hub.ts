import { randomUUID } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { downloadFile, HubApiError } from '@huggingface/hub'
import { LexpandError } from '../sparse/errors.ts'
import { QueryTable } from '../sparse/query/query-table.ts'
import { WordPieceTokenizer } from '../sparse/word-pieces/tokenizer.ts'
import { type Manifest, MODEL_FILES } from './manifest.ts'
import { fileSha256, type Model, readJson, readModelFolder } from './model-folder.ts'
import { PUBLISHED_MAX_LENGTH, PUBLISHED_MODELS, PUBLISHED_TABLE, type PublishedModel } from './published.ts'

export interface HubAccess {
  /** Replaces the global fetch: for a proxy, or tests. */
  readonly fetch?: typeof fetch | undefined
}

/**
 * Loads a model by hub name from the cache folder, downloading missing files first. Files that a user placed there
 * count as downloaded, so a machine without a network works, too.
 *
 * A repository without manifest.json is accepted when PUBLISHED_MODELS knows it: the manifest is then written from the
 * first download, and later loads are checked against it.
 *
 * @param name org/name, checked by the caller: it becomes a path
 * @throws LexpandError CONFIGURATION without a cache folder; SERVICE when the hub cannot be reached; MODEL when the
 *   repository is unknown or lacks a file. All messages say which files to place where.
 */
export async function loadFromHub(
  name: string,
  { cacheDirectory, ...access }: HubAccess & { readonly cacheDirectory?: string },
): Promise<Model> {
  if (cacheDirectory === undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      `[model] expected a cache folder for the hub model ${name}, got none. Set cacheDirectory.`,
    )
  }
  const directory = resolve(cacheDirectory, 'models', name)
  if (!existsSync(join(directory, 'manifest.json'))) await fill(directory, name, access)
  return readModelFolder(
    directory,
    `Delete ${directory} to fetch ${name} again, or place the right files there.`,
  )
}

/** Writes the manifest last: while it is missing the folder is incomplete, and the next load continues from there. */
async function fill(directory: string, name: string, access: HubAccess): Promise<void> {
  const published = PUBLISHED_MODELS.get(name)
  const hub = new HubRepository(name, directory, published !== undefined, access)
  const manifest = published === undefined ? await hub.fetched('manifest.json') : undefined
  if (manifest === undefined && published === undefined) {
    throw new LexpandError(
      'MODEL',
      `[hub] expected a manifest.json in ${name}, got none. Lexpand knows these models without one: ` +
        `${[...PUBLISHED_MODELS.keys()].join(', ')}. For any other, write a manifest and load it as a folder.`,
    )
  }
  await hub.ensure('tokenizer.json', ['tokenizer.json'])
  await hub.ensure('query-table.json', published === undefined ? ['query-table.json'] : [PUBLISHED_TABLE])
  await hub.ensure('model.onnx', ['model.onnx', 'onnx/model.onnx'])
  const complete = manifest ?? join(directory, `manifest.json.${randomUUID()}`)
  if (published !== undefined) await writeManifest(complete, directory, name, published)
  await rename(complete, join(directory, 'manifest.json'))
}

/** One repository and the folder that mirrors it. */
class HubRepository {
  readonly #name: string
  readonly #directory: string
  readonly #published: boolean
  readonly #access: HubAccess

  constructor(name: string, directory: string, published: boolean, access: HubAccess) {
    this.#name = name
    this.#directory = directory
    this.#published = published
    this.#access = access
  }

  /** Makes sure that `file` is in the folder: it exists, or stands under its name in the repository, or is downloaded. */
  async ensure(file: string, sources: readonly string[]): Promise<void> {
    const target = join(this.#directory, file)
    if (existsSync(target)) return
    for (const source of sources) {
      const placed = join(this.#directory, source)
      if (existsSync(placed)) return await copyFile(placed, target)
    }
    for (const source of sources) {
      const arrived = await this.fetched(source)
      if (arrived !== undefined) return await rename(arrived, target)
    }
    throw new LexpandError(
      'MODEL',
      `[hub] expected ${sources.join(' or ')} in ${this.#name}, got neither. ${this.#remedy()}`,
    )
  }

  /** @returns path of the downloaded file under a temporary name; undefined when the repository lacks it */
  async fetched(source: string): Promise<string | undefined> {
    const path = join(this.#directory, `${source.replaceAll('/', '-')}.${randomUUID()}`)
    await mkdir(dirname(path), { recursive: true })
    try {
      // Without xet: plain HTTPS passes proxies, and the xet client would write to the console.
      const blob = await downloadFile({ repo: this.#name, path: source, xet: false, ...this.#access })
      if (blob === null) return undefined
      await pipeline(Readable.fromWeb(blob.stream() as ReadableStream), createWriteStream(path))
      return path
    } catch (cause) {
      await rm(path, { force: true })
      throw this.#failure(source, cause)
    }
  }

  #failure(source: string, cause: unknown): LexpandError {
    if (cause instanceof HubApiError) {
      const status = `status ${cause.statusCode}`
      return cause.statusCode < 500
        ? new LexpandError(
            'MODEL',
            `[hub] expected to read ${source} of ${this.#name}, got ${status}. Check the name. ${this.#remedy()}`,
            { cause },
          )
        : new LexpandError(
            'SERVICE',
            `[hub] expected ${source} of ${this.#name}, got ${status}. Try again later.`,
            { cause },
          )
    }
    return new LexpandError(
      'SERVICE',
      `[hub] expected to reach the hub for ${source} of ${this.#name}, got ${messageOf(cause)}. Try again later. ${this.#remedy()}`,
      { cause },
    )
  }

  #remedy(): string {
    if (!this.#published) {
      return `Or place manifest.json, ${MODEL_FILES.join(', ')} in ${this.#directory}.`
    }
    return (
      `Or place the files in ${this.#directory}: tokenizer.json and ${PUBLISHED_TABLE} from the repository, and the ` +
      `model.onnx that "optimum-cli export onnx --model ${this.#name} --task fill-mask OUTPUT" makes.`
    )
  }
}

async function writeManifest(
  path: string,
  directory: string,
  name: string,
  published: PublishedModel,
): Promise<void> {
  const remedy = `Delete ${directory} and load ${name} again.`
  const model = await fileSha256(join(directory, 'model.onnx'))
  const manifest: Manifest = {
    schema: 1,
    name,
    version: model.slice(0, 12),
    licence: 'Apache-2.0',
    base: published.base,
    activation: published.activation,
    max_length: PUBLISHED_MAX_LENGTH,
    precision: 'as exported',
    input_names: published.inputNames,
    output: { kind: 'logits', logits: 'logits' },
    vocabulary_hash: new WordPieceTokenizer(await readJson(join(directory, 'tokenizer.json'), remedy))
      .vocabularyHash,
    query_table_hash: new QueryTable(await readJson(join(directory, 'query-table.json'), remedy)).hash,
    files: {
      'model.onnx': model,
      'tokenizer.json': await fileSha256(join(directory, 'tokenizer.json')),
      'query-table.json': await fileSha256(join(directory, 'query-table.json')),
    },
    pruning: { type: 'max_ratio', ratio: 0.1 },
    training: {},
    quality: {},
    notes: 'Written by Lexpand when the files were first seen: the repository has no manifest.',
  }
  await writeFile(path, JSON.stringify(manifest, null, 2))
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // fetch says only "fetch failed"; the reason is in its cause.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
