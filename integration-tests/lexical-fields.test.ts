import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { setUp } from '../indices/index.ts'
import { loadModel, type Model } from '../models/index.ts'
import { search } from '../pipelines/index.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const client = testClient(inject('opensearchUrl'))
const index = uniqueName('lexical-fields')
const FIELDS = ['title', 'comments.text', 'comments.replies.text', 'hidden']
let model: Model

beforeAll(async () => {
  model = await loadModel()
  const text = { type: 'text', analyzer: 'english' } as const
  await client.indices.create({
    index,
    body: {
      mappings: {
        properties: {
          title: { ...text, copy_to: 'all' },
          all: text,
          heading: { type: 'alias', path: 'title' },
          hidden: { type: 'text', index: false },
          comments: {
            type: 'nested',
            properties: {
              text,
              replies: { type: 'nested', properties: { text: { type: 'match_only_text' } } },
            },
          },
        },
      },
    },
  })
  await setUp(client, model, index, { fields: FIELDS })
  const documents = [
    { title: 'A wing', hidden: 'glacier' },
    { title: 'none', comments: [{ text: 'about rivers' }, { text: 'the volcano erupts' }] },
    { title: 'none', comments: [{ text: 'x', replies: [{ text: 'a lighthouse' }] }] },
  ]
  const body = documents.flatMap((document, at) => [{ index: { _id: String(at + 1) } }, document])
  await client.bulk({ index, refresh: true, body })
})
afterAll(async () => {
  await removeIndices(client, index)
})

const found = async (text: string, mode: 'bm25' | 'hybrid') =>
  (await search(client, model, { index, text, mode })).hits.map(({ id }) => id)

describe('text in nested objects', () => {
  test.each([
    ['wing', '1'],
    ['volcano', '2'],
    ['lighthouse', '3'],
  ])('%s is found by words, and by the lexical half of hybrid', async (word, id) => {
    expect(await found(word, 'bm25')).toEqual([id])
    // No document has a vector: what hybrid finds, its words found.
    expect(await found(word, 'hybrid')).toEqual([id])
  })

  test('a field that no query reaches is left out instead of failing the query', async () => {
    expect(await found('glacier', 'bm25')).toEqual([])
  })
})

test.each([
  ['all', 'a target of copy_to, which no document holds. Name what is copied into it instead: title.'],
  ['heading', 'another name of title. Name title instead.'],
])('the field %s is refused at set-up', async (field, message) => {
  const other = uniqueName('lexical-refused')
  await client.indices.create({
    index: other,
    body: {
      mappings: {
        properties: {
          title: { type: 'text', copy_to: 'all' },
          all: { type: 'text' },
          heading: { type: 'alias', path: 'title' },
        },
      },
    },
  })
  await expect(setUp(client, model, other, { fields: [field] })).rejects.toThrow(message)
  await removeIndices(client, other)
})
