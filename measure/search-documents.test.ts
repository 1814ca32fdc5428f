import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BenchDocument, benchDocuments } from './search-documents.ts'
import type { FieldKind } from './search-variants.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-documents-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tokenizer = { idOf: (piece: string) => ({ a: 7, b: 9 })[piece] }

async function read(kind: FieldKind, documents: string, vectors: string, take = 10) {
  const files = { documents: join(folder, 'd'), vectors: join(folder, 'v') }
  writeFileSync(files.documents, documents)
  writeFileSync(files.vectors, vectors)
  const found: BenchDocument[] = []
  for await (const document of benchDocuments(kind, files, tokenizer, take)) found.push(document)
  return found.map(({ id, source, tokens }) => {
    const { hundredth, ...fields } = JSON.parse(source)
    expect(hundredth).toBeTypeOf('number')
    return { id, source: fields, tokens }
  })
}

const TEXTS = '{"_id":"1","text":"a \\"b\\""}\n\n{"_id":"2","text":"c"}\n'
const VECTORS = '{"_id":"1","vector":{"a":1,"b":0.5}}\n{"_id":"2","vector":{"c":2}}\n'

test('each kind gets the fields that it has', async () => {
  expect(await read('text', TEXTS, '')).toEqual([
    { id: '1', source: { text: 'a "b"' }, tokens: 0 },
    { id: '2', source: { text: 'c' }, tokens: 0 },
  ])
  expect(await read('rank_features', '', VECTORS, 1)).toEqual([
    { id: '1', source: { sparse: { a: 1, b: 0.5 } }, tokens: 2 },
  ])
  expect((await read('both', TEXTS, VECTORS))[0]?.source).toEqual({ text: 'a "b"', sparse: { a: 1, b: 0.5 } })
  expect((await read('sparse_vector', '', VECTORS)).map(({ source }) => source)).toEqual([
    { sparse: { 7: 1, 9: 0.5 } },
    { sparse: {} },
  ])
})

test('any hundredth of the numbers for filters has a hundredth of the documents, whatever part of them is taken', async () => {
  const texts = Array.from({ length: 20_000 }, (_, id) => `{"_id":"${id}","text":"a"}`).join('\n')
  const files = { documents: join(folder, 'many'), vectors: '' }
  writeFileSync(files.documents, texts)
  const counts = new Map<number, number>()
  for await (const { source } of benchDocuments('text', files, tokenizer, 20_000)) {
    const { hundredth } = JSON.parse(source) as { hundredth: number }
    counts.set(hundredth, (counts.get(hundredth) ?? 0) + 1)
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at))
  for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(40)
})

test('word pieces are counted whatever is in them, and lines of another form are read, too', async () => {
  const vector = { '"': 1, '\\': 2, '\\"': 3, '":': 4, ',"x"': 5, __proto: 6 }
  const line = JSON.stringify({ _id: 'q"1', vector })
  const other = JSON.stringify({ vector, _id: 'q2' })
  expect(await read('rank_features', '', `${line}\n${other}`)).toEqual([
    { id: 'q"1', source: { sparse: vector }, tokens: 6 },
    { id: 'q2', source: { sparse: vector }, tokens: 6 },
  ])
})

test('files that do not fit each other, and lines without what they should hold, are refused', async () => {
  await expect(read('both', TEXTS, VECTORS.replace('"_id":"2"', '"_id":"3"'))).rejects.toThrow(
    /the id 2 .* got 3/,
  )
  await expect(read('text', '{"_id":"1"}', '')).rejects.toThrow(/expected an _id and a text/)
  await expect(read('rank_features', '', '{"_id":"1","vector":"a"}')).rejects.toThrow(/got \{"_id":"1"/)
})
