import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256, temporaryFolder, tinyModel, writeFiles } from '../testing/tiny-model.ts'
import { DEFAULT_MODEL, loadModel } from './load.ts'

const folders: string[] = []
let directory: string

beforeEach(async () => {
  directory = await temporaryFolder()
  folders.push(directory)
})
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

/** Writes the tiny model with changes to its manifest and files. */
async function place(manifestChange: object = {}, fileChange: Record<string, string> = {}): Promise<void> {
  const { files, manifest } = tinyModel()
  await writeFiles(directory, {
    ...files,
    'manifest.json': JSON.stringify({ ...manifest, ...manifestChange }),
    ...fileChange,
  })
}

describe('the bundled model', () => {
  test('loads by default, complete and unchanged', async () => {
    const model = await loadModel()
    expect(model.manifest.name).toBe(DEFAULT_MODEL)
    expect(model.tokenizer.vocabularySize).toBe(30_522)
    expect(model.queryTable.size).toBe(29_487)
    expect(model.modelFile).toMatch(/models[\\/]lexpand-mini-v1[\\/]model\.onnx$/)
  })

  test.each(['nonesuch', 'Pilot2'])('is not %j: unknown names are refused', async (name) => {
    await expect(loadModel(name)).rejects.toThrow(
      /expected a bundled model, got "(nonesuch|Pilot2)"\. Use lexpand-mini-v1/,
    )
  })
})

describe('a reference', () => {
  test.each([
    '',
    'a/../b',
    'org/..',
    'org/name/../..',
    'org//name',
    'org/.hidden',
    'org/na..me',
    '-rf',
    'a\\..\\b',
    'org/name/x',
    'na me',
  ])('%j is refused', async (reference) => {
    await expect(loadModel(reference, { cacheDirectory: directory })).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIGURATION' }),
    )
  })

  test('to a hub model needs a cache folder', async () => {
    await expect(loadModel('org/name')).rejects.toThrow(/expected a cache folder for the hub model org\/name/)
  })
})

describe('a model folder', () => {
  test('loads when all its files are as the manifest says', async () => {
    await place()
    const model = await loadModel(directory)
    expect([...model.tokenizer.tokenize('rain snow')]).toEqual([5, 6])
    expect(model.queryTable.weight('snow')).toBe(2)
    expect(model.identity).toMatch(/^[0-9a-f]{64}$/)
  })

  test('with a truncated graph fails, naming both checksums and what to do', async () => {
    await place()
    await truncate(join(directory, 'model.onnx'), 5)
    const { files, manifest } = tinyModel()
    const actual = sha256(files['model.onnx'].slice(0, 5))
    await expect(loadModel(directory)).rejects.toThrow(
      expect.objectContaining({
        code: 'MODEL',
        message: expect.stringMatching(
          new RegExp(
            `model\\.onnx: expected sha256 ${manifest.files['model.onnx']}, got ${actual} \\(5 bytes\\)\\. Restore`,
          ),
        ),
      }),
    )
  })

  test('is checked again on every load', async () => {
    await place()
    await loadModel(directory)
    await writeFiles(directory, { 'query-table.json': '{"rain":9}' })
    await expect(loadModel(directory)).rejects.toThrow(/query-table\.json: expected sha256/)
  })

  test.each(['model.onnx', 'tokenizer.json', 'query-table.json', 'manifest.json'])(
    'without %s fails naming it',
    async (file) => {
      await place()
      await rm(join(directory, file))
      await expect(loadModel(directory)).rejects.toThrow(
        expect.objectContaining({
          code: 'MODEL',
          message: expect.stringContaining(`${file}: expected a file`),
        }),
      )
    },
  )

  test('with the tokenizer of another vocabulary fails even where its checksum was updated', async () => {
    const other = tinyModel(['sun', 'wind']).files['tokenizer.json']
    await place(
      { files: { ...tinyModel().manifest.files, 'tokenizer.json': sha256(other) } },
      { 'tokenizer.json': other },
    )
    await expect(loadModel(directory)).rejects.toThrow(
      /\[model tiny\] expected vocabulary_hash [0-9a-f]{64} .* different models/,
    )
  })

  test('with the query table of another model fails even where its checksum was updated', async () => {
    const other = '{"rain":7}'
    await place(
      { files: { ...tinyModel().manifest.files, 'query-table.json': sha256(other) } },
      { 'query-table.json': other },
    )
    await expect(loadModel(directory)).rejects.toThrow(/expected query_table_hash/)
  })

  test.each<[string, object, RegExp]>([
    ['an unknown activation', { activation: 'softplus' }, /activation/],
    ['a later schema', { schema: 2 }, /schema/],
    [
      'a file outside its folder',
      { files: { ...tinyModel().manifest.files, '../../etc/passwd': '0'.repeat(64) } },
      /files/,
    ],
    ['an unknown output', { output: { kind: 'guess' } }, /output/],
    ['a ratio out of range', { pruning: { type: 'max_ratio', ratio: 1 } }, /pruning/],
    ['a key that nobody knows', { activaton: 'log1p_relu' }, /activaton/],
  ])('whose manifest has %s is refused', async (_, change, message) => {
    await place(change)
    await expect(loadModel(directory)).rejects.toThrow(message)
  })

  test('whose manifest is not JSON, or not an object, is refused', async () => {
    await place({}, { 'manifest.json': '{"schema": 1,' })
    await expect(loadModel(directory)).rejects.toThrow(/manifest\.json: expected JSON/)
    await place({}, { 'manifest.json': '1' })
    await expect(loadModel(directory)).rejects.toThrow(/manifest\.json: expected a JSON object/)
  })

  test('with a JSON file of 65 MB is refused before it is read', async () => {
    await place()
    await truncate(join(directory, 'manifest.json'), 65 * 1024 * 1024)
    await expect(loadModel(directory)).rejects.toThrow(/at most 67108864 bytes, got 68157440 bytes/)
  })
})
