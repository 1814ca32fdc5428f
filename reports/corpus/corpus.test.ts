import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { vectorLine, writeCorpus } from './corpus.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-corpus-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string) => join(folder, name)
const lines = (path = '') =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

function sources() {
  const vector = (at: number) => JSON.stringify({ tokens: { a: 1, 2019: 0.5, b: 0.15, [`c${at}`]: 0.05 } })
  writeFileSync(
    file('passages'),
    [0, 1, 2, 3].map((at) => JSON.stringify({ text: `one  two ${at}` })).join('\n'),
  )
  writeFileSync(file('first'), `${vector(0)}\n${vector(1)}\n`)
  writeFileSync(file('second'), `${vector(2)}\n`)
  writeFileSync(file('queries'), 'too short\nfour words are enough\nand here there are five\n')
  return { passages: file('passages'), vectors: [file('first'), file('second')], queries: file('queries') }
}

test('documents with a vector are real, more are made, other prunings are written for the least size', async () => {
  const corpus = await writeCorpus(sources(), folder, [2, 5], () => undefined)
  expect(corpus.real).toBe(3)
  const documents = lines(corpus.documents)
  expect(documents.map(({ _id }) => _id)).toEqual(['0', '1', '2', '3', '4'])
  expect(documents.slice(0, 3).map(({ text }) => text)).toEqual(['one two 0', 'one two 1', 'one two 2'])
  expect(lines(corpus.vectors.get(0.1))).toHaveLength(5)
  expect(lines(corpus.vectors.get(0.1))[0]).toEqual({ _id: '0', vector: { a: 1, 2019: 0.5, b: 0.15 } })
  expect(lines(corpus.vectors.get(0)).map(({ vector }) => Object.keys(vector).length)).toEqual([4, 4])
  expect(lines(corpus.vectors.get(0.2)).map(({ vector }) => Object.keys(vector).length)).toEqual([2, 2])
  expect(
    lines(corpus.queries)
      .map(({ text }) => text)
      .sort(),
  ).toEqual(['and here there are five', 'four words are enough'])
})

test('what was written is used again', async () => {
  const given = sources()
  const said: string[] = []
  await writeCorpus(given, folder, [2, 5], () => undefined)
  await writeCorpus(given, folder, [2, 5], (message) => said.push(message))
  expect(said).toEqual([])
})

test('another least size with the same largest one has vectors of its own at the other prunings', async () => {
  const given = sources()
  const first = await writeCorpus(given, folder, [2, 5], () => undefined)
  const other = await writeCorpus(given, folder, [3, 5], () => undefined)
  expect(other.documents).toBe(first.documents)
  expect(lines(other.vectors.get(0))).toHaveLength(3)
  expect(lines(first.vectors.get(0))).toHaveLength(2)
})

test('fewer passages than vectors are refused', async () => {
  const given = sources()
  writeFileSync(file('passages'), '{"text":"one"}\n')
  await expect(writeCorpus(given, folder, [2], () => undefined)).rejects.toThrow(
    /got 3 vectors and 1 passages/,
  )
})

test('a piece of both documents keeps its greater weight, and tokens from text are names, nothing else', () => {
  const line = vectorLine(
    '7',
    [
      ['a', 0.5],
      ['__proto__', 1],
      ['a', 0.9],
      ['"', 0.1],
      ['x', 0.05],
    ],
    0.1,
  )
  expect(line).toBe('{"_id":"7","vector":{"a":0.9,"__proto__":1,"\\"":0.1}}\n')
})
