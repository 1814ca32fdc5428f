import { expect, test } from 'vitest'
import { enlarged, type Parts } from './enlarge-corpus.ts'

/** Documents whose parts tell their origin. */
function documents(count: number, parts: number, prefix = ''): () => AsyncIterable<Parts<string>> {
  return async function* () {
    for (let document = 0; document < count; document++)
      yield Array.from({ length: parts }, (_, part) => `${prefix}${document}-${part}`)
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) found.push(one)
  return found
}

const all = (options: Parameters<typeof enlarged<string>>[0]) => collect(enlarged(options))
const originOf = (part: string) => Number(/(\d+)-/.exec(part)?.[1])

test('the real documents come first and as they are, then variants of each', async () => {
  const read = documents(3, 40)
  const found = await all({ read, documents: 8 })
  expect(found).toHaveLength(8)
  expect(found.slice(0, 3)).toEqual(await collect(read()))
  expect(new Set(found.map((parts) => parts.join(' '))).size).toBe(8)
  for (const [at, parts] of found.entries()) {
    const own = parts.filter((part) => originOf(part) === at % 3)
    expect(own.length).toBeGreaterThan(parts.length / 2)
  }
})

test('three in ten parts of a variant come from one other document, from the same relative place', async () => {
  const found = (await all({ read: documents(50, 200), documents: 100 })).slice(50)
  const foreign = found.map((parts, at) => parts.filter((part) => originOf(part) !== at))
  const share = foreign.flat().length / found.flat().length
  expect(share).toBeGreaterThan(0.28)
  expect(share).toBeLessThan(0.32)
  for (const parts of foreign) expect(new Set(parts.map(originOf)).size).toBe(1)
  for (const parts of found)
    expect(parts.map((part) => Number(part.split('-')[1]))).toEqual([...Array(200).keys()])
})

test('the same seed gives the same documents, another seed others, and fewer are the first of more', async () => {
  const read = documents(10, 30)
  const some = await all({ read, documents: 35, seed: 7 })
  expect(await all({ read, documents: 35, seed: 7 })).toEqual(some)
  expect(await all({ read, documents: 25, seed: 7 })).toEqual(some.slice(0, 25))
  expect(await all({ read, documents: 35, seed: 8 })).not.toEqual(some)
})

test('texts and vectors that are enlarged apart are made of the same two documents', async () => {
  const texts = await all({ read: documents(20, 60, 'word '), documents: 60 })
  const vectors = await all({ read: documents(20, 90, 'piece '), documents: 60 })
  const origins = (parts: Parts<string>) => [...new Set(parts.map(originOf))].sort()
  expect(vectors.map(origins)).toEqual(texts.map(origins))
})

test('one document alone, and none, can be asked for more', async () => {
  expect(await all({ read: documents(1, 3), documents: 2 })).toEqual(Array(2).fill(['0-0', '0-1', '0-2']))
  expect(await all({ read: documents(0, 0), documents: 2 })).toEqual([])
})
