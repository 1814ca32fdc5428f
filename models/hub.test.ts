import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder, tinyModel, writeFiles } from '../testing/tiny-model.ts'
import { loadModel } from './load.ts'

const PUBLISHED = 'opensearch-project/opensearch-neural-sparse-encoding-doc-v3-distill'
const { files, manifest } = tinyModel()
const folders: string[] = []
let cacheDirectory: string

beforeEach(async () => {
  cacheDirectory = await temporaryFolder()
  folders.push(cacheDirectory)
})
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

/** Answers like the hub, for one repository with the given files; counts the requests. */
class FakeHub {
  readonly requests: string[] = []
  readonly #repository: ReadonlyMap<string, string>

  constructor(repository: Readonly<Record<string, string>>) {
    this.#repository = new Map(Object.entries(repository))
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const { pathname } = new URL(String(input))
    this.requests.push(pathname)
    const content = this.#repository.get(pathname.split('/resolve/main/')[1] ?? '')
    if (content === undefined)
      return new Response('', { status: 404, headers: { 'X-Error-Code': 'EntryNotFound' } })
    const bytes = Buffer.from(content)
    const range = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '')
    if (range === null) return new Response(bytes)
    const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1)
    const headers = { ETag: '"1"', 'Content-Range': `bytes ${range[1]}-${range[2]}/${bytes.length}` }
    return new Response(part, { status: 206, headers })
  }
}

const unreachable: typeof fetch = async () => {
  throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND hub') })
}
const load = (name: string, hub: typeof fetch) => loadModel(name, { cacheDirectory, fetch: hub })

describe('a hub repository with a manifest', () => {
  const repository = { ...files, 'manifest.json': JSON.stringify(manifest) }

  test('is fetched once and loaded from the cache after that, without the hub', async () => {
    const hub = new FakeHub(repository)
    const fetched = await load('org/tiny', hub.fetch)
    expect(hub.requests).toContain('/org/tiny/resolve/main/model.onnx')
    const cached = await load('org/tiny', unreachable)
    expect(cached.identity).toBe(fetched.identity)
    expect((await readdir(cached.directory)).toSorted()).toEqual(
      ['manifest.json', 'model.onnx', 'query-table.json', 'tokenizer.json'].toSorted(),
    )
  })

  test('whose graph arrives damaged fails by checksum, and says what to delete', async () => {
    const hub = new FakeHub({ ...repository, 'model.onnx': 'something else' })
    await expect(load('org/tiny', hub.fetch)).rejects.toThrow(
      /model\.onnx: expected sha256 .* Delete .*org[\\/]tiny to fetch org\/tiny again/,
    )
  })

  test('lacking a file leaves no manifest behind, so that the next load goes on', async () => {
    const { 'model.onnx': _, ...incomplete } = repository
    await expect(load('org/tiny', new FakeHub(incomplete).fetch)).rejects.toThrow(
      /expected model\.onnx or onnx\/model\.onnx in org\/tiny/,
    )
    const hub = new FakeHub(repository)
    await load('org/tiny', hub.fetch)
    expect(hub.requests.some((path) => path.endsWith('tokenizer.json'))).toBe(false)
  })
})

describe('a published model without a manifest', () => {
  const repository = {
    'model.onnx': files['model.onnx'],
    'tokenizer.json': files['tokenizer.json'],
    'idf.json': files['query-table.json'],
  }

  test('gets one with the activation of its series, and is checked against it from then on', async () => {
    const model = await load(PUBLISHED, new FakeHub(repository).fetch)
    expect(model.manifest).toMatchObject({
      name: PUBLISHED,
      activation: 'log1p_log1p_relu',
      max_length: 512,
      output: { kind: 'logits' },
      files: manifest.files,
    })
    await writeFiles(model.directory, { 'model.onnx': 'changed later' })
    await expect(load(PUBLISHED, unreachable)).rejects.toThrow(/model\.onnx: expected sha256/)
  })

  test('loads from files placed by hand, without the hub', async () => {
    const directory = join(cacheDirectory, 'models', PUBLISHED)
    await writeFiles(directory, repository)
    const model = await load(PUBLISHED, unreachable)
    expect(model.queryTable.weight('snow')).toBe(2)
    expect(await readFile(join(directory, 'query-table.json'), 'utf8')).toBe(repository['idf.json'])
  })

  test('loads from files placed under our own names as well', async () => {
    await writeFiles(join(cacheDirectory, 'models', PUBLISHED), files)
    expect((await load(PUBLISHED, unreachable)).manifest.files).toEqual(manifest.files)
  })

  test('takes the graph from onnx/ where the repository keeps it there', async () => {
    const { 'model.onnx': graph, ...others } = repository
    const model = await load(PUBLISHED, new FakeHub({ ...others, 'onnx/model.onnx': graph }).fetch)
    expect(model.manifest.files['model.onnx']).toBe(manifest.files['model.onnx'])
  })

  test('without an ONNX graph says how to make one and where to place it', async () => {
    const { 'model.onnx': _, ...others } = repository
    await expect(load(PUBLISHED, new FakeHub(others).fetch)).rejects.toThrow(
      expect.objectContaining({
        code: 'MODEL',
        message: expect.stringMatching(
          /place the files in .*doc-v3-distill: .*optimum-cli export onnx --model opensearch-project/,
        ),
      }),
    )
  })
})

describe('a hub that does not help', () => {
  test('because it cannot be reached: the message has the reason and where to place which files', async () => {
    await expect(load('org/tiny', unreachable)).rejects.toThrow(
      expect.objectContaining({
        code: 'SERVICE',
        message: expect.stringMatching(
          /ENOTFOUND hub.*place manifest\.json, model\.onnx, tokenizer\.json, query-table\.json in .*org[\\/]tiny/,
        ),
      }),
    )
    await expect(load(PUBLISHED, unreachable)).rejects.toThrow(/place the files in .*idf\.json/)
  })

  test('because the repository is unknown or private', async () => {
    const refusing: typeof fetch = async () =>
      Response.json({ error: 'Invalid username or password.' }, { status: 401 })
    await expect(load('org/tiny', refusing)).rejects.toThrow(
      expect.objectContaining({
        code: 'MODEL',
        message: expect.stringMatching(/status 401\. Check the name/),
      }),
    )
  })

  test('because it breaks off in the middle of a file: nothing half-read stays behind', async () => {
    const breaking: typeof fetch = async (input, init) => {
      const response = await new FakeHub({ 'manifest.json': '{}' }).fetch(input, init)
      if (new Headers(init?.headers).has('range')) return response
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from('{'))
          controller.error(new Error('socket hang up'))
        },
      })
      return new Response(body)
    }
    await expect(load('org/tiny', breaking)).rejects.toThrow(
      expect.objectContaining({ code: 'SERVICE', message: expect.stringContaining('socket hang up') }),
    )
    expect(await readdir(join(cacheDirectory, 'models', 'org', 'tiny'))).toEqual([])
  })

  test('because it is broken', async () => {
    const broken: typeof fetch = async () => new Response('', { status: 503 })
    await expect(load('org/tiny', broken)).rejects.toThrow(expect.objectContaining({ code: 'SERVICE' }))
  })

  test('because the repository has no manifest and is none that we know', async () => {
    await expect(load('org/dense', new FakeHub({ 'model.onnx': 'x' }).fetch)).rejects.toThrow(
      /expected a manifest\.json in org\/dense, got none\. Lexpand knows .*doc-v2-mini/,
    )
  })
})
