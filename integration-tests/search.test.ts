import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { installIndex, specificationFor } from '../mappings/index.ts'
import { loadModel } from '../models/index.ts'
import {
  SearchCache,
  type SearchRequest,
  type SearchResult,
  search,
  weightByCorpus,
} from '../pipelines/index.ts'
import { encodeQuery } from '../sparse/query/encode-query.ts'
import { QueryTable } from '../sparse/query/query-table.ts'
import { truncateToFeatureField } from '../sparse/vectors/stored-weight.ts'
import { sampleDocuments, sampleQueries, storeReady } from './fixtures/sample-documents.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const DOCUMENTS = sampleDocuments(400)
const QUERIES = sampleQueries(40)
const MIN_MAX = { type: 'min_max' } as const
const index = uniqueName('search')
const client = testClient(inject('opensearchUrl'))
const model = await loadModel()
const specification = specificationFor(model, { fields: ['title', 'body'] })

beforeAll(async () => {
  await installIndex(client, index, specification)
  await storeReady(client, index, specification, DOCUMENTS)
})

afterAll(async () => {
  await removeIndices(client, index)
})

function ask(
  request: Omit<SearchRequest, 'index'> & { readonly index?: string },
  from = client,
): Promise<SearchResult> {
  return search(from, model, { index, ...request })
}

const ids = ({ hits }: SearchResult) => hits.map(({ id }) => id)
const scores = ({ hits }: SearchResult) => hits.map(({ score }) => score)

describe('sparse search', () => {
  test('scores are the dot product on weights of nine bits', async () => {
    for (const text of QUERIES) {
      const tokens = encodeQuery(text, model.tokenizer, model.queryTable)
      const expected = DOCUMENTS.map(({ vector }) =>
        tokens.reduce(
          (sum, { token, weight }) => sum + weight * truncateToFeatureField(vector[token] ?? 0),
          0,
        ),
      )
        .filter((score) => score > 0)
        .sort((a, b) => b - a)
        .slice(0, 10)
      const found = scores(await ask({ text, mode: 'sparse', idf: 'model' }))
      expect(found).toHaveLength(expected.length)
      found.forEach((score, at) => {
        expect(score / (expected[at] ?? 0)).toBeCloseTo(1, 5)
      })
    }
  })

  test.each(['corpus', 'blend'] as const)('idf %s weights by the index that is searched', async (idf) => {
    const vectors = DOCUMENTS.map(({ vector }) => vector)
    for (const text of QUERIES.slice(0, 10)) {
      const ofTable = encodeQuery(text, model.tokenizer, model.queryTable)
      const frequencies = new Map(
        ofTable.map(({ token }) => [token, vectors.filter((vector) => (vector[token] ?? 0) > 0).length]),
      )
      const tokens = weightByCorpus(ofTable, idf, { documents: DOCUMENTS.length, frequencies })
      const scoreOf = (vector: Readonly<Record<string, number>>) =>
        tokens.reduce(
          (sum, { token, weight }) => sum + weight * truncateToFeatureField(vector[token] ?? 0),
          0,
        )
      const best = Math.max(...vectors.map(scoreOf))
      const [first] = (await ask({ text, mode: 'sparse', idf, explain: true })).hits
      expect((first?.score ?? 0) / best).toBeCloseTo(1, 5)
      const explained = (first?.explanation ?? []).reduce((sum, { contribution }) => sum + contribution, 0)
      expect(explained / best).toBeCloseTo(1, 2)
    }
  })

  test('pages are parts of one list', async () => {
    const text = 'bird river stone'
    const whole = ids(await ask({ text, mode: 'sparse', size: 60 }))
    const pages: string[] = []
    for (let from = 0; from < 60; from += 20) {
      pages.push(...ids(await ask({ text, mode: 'sparse', size: 20, from })))
    }
    expect(pages).toEqual(whole)
    expect(new Set(whole).size).toBe(60)
  })

  test('filters narrow the hits and leave their scores as they are', async () => {
    const text = 'wing flight'
    const all = await ask({ text, mode: 'sparse', size: 400 })
    const some = await ask({ text, mode: 'sparse', size: 400, filter: { term: { group: 3 } } })
    const expected = all.hits.filter(({ source }) => source.group === 3)
    expect(some.hits.length).toBeGreaterThan(10)
    expect(some.hits).toEqual(expected)
  })

  test('counts only when asked', async () => {
    expect((await ask({ text: 'wing', mode: 'sparse', size: 1 })).total).toBeUndefined()
    const { total } = await ask({ text: 'wing', mode: 'sparse', size: 1, trackTotalHits: true })
    expect(total).toBe(DOCUMENTS.filter(({ vector }) => vector.wing !== undefined).length)
  })

  test('a query without a word piece asks the text fields, or is an error when asked', async () => {
    const text = '\u{10ffff}'
    const refused = ask({ text, mode: 'sparse', emptyQuery: 'error' })
    await expect(refused).rejects.toMatchObject({
      code: 'QUERY',
      message: expect.stringContaining('leave emptyQuery out'),
    })
    expect(await ask({ text, mode: 'sparse' })).toMatchObject({ mode: 'bm25', hits: [] })
    expect(await ask({ text, mode: 'hybrid' })).toMatchObject({ mode: 'bm25' })
  })
})

describe('sources, explanation and highlights', () => {
  test('vectors and sidecar stay out of the source unless named', async () => {
    const [plain] = (await ask({ text: 'wing', mode: 'sparse' })).hits
    expect(Object.keys(plain?.source ?? {}).sort()).toEqual(['body', 'group', 'title'])
    const sourceFields = ['title', 'lexpand', 'body_sparse']
    const [named] = (await ask({ text: 'wing', mode: 'sparse', sourceFields })).hits
    expect(Object.keys(named?.source ?? {}).sort()).toEqual(['body_sparse', 'lexpand', 'title'])
  })

  test('what explanation and highlights are made of is not returned', async () => {
    const looks = { text: 'wing', mode: 'sparse', explain: true, highlight: true } as const
    const [plain] = (await ask(looks)).hits
    expect(Object.keys(plain?.source ?? {}).sort()).toEqual(['body', 'group', 'title'])
    const [narrow] = (await ask({ ...looks, sourceFields: ['group'] })).hits
    expect(Object.keys(narrow?.source ?? {})).toEqual(['group'])
    const [none] = (await ask({ ...looks, sourceFields: [] })).hits
    expect(none?.source).toEqual({})
    expect(none?.explanation?.length).toBeGreaterThan(0)
  })

  test('contributions add up to the score and tell expansions from words of the text', async () => {
    const { hits } = await ask({ text: 'bird river stone light', mode: 'sparse', explain: true, size: 50 })
    for (const { id, score, explanation = [], source } of hits) {
      const sum = explanation.reduce((total, { contribution }) => total + contribution, 0)
      expect(sum / score).toBeCloseTo(1, 5)
      const words = `${source.title} ${source.body}`.split(' ')
      for (const { token, expansion } of explanation) {
        expect([id, token, expansion]).toEqual([id, token, !words.includes(token)])
      }
    }
    expect(hits.flatMap(({ explanation = [] }) => explanation).some(({ expansion }) => expansion)).toBe(true)
  })

  test('highlights mark words that matched, in every mode', async () => {
    for (const mode of ['sparse', 'bm25', 'hybrid'] as const) {
      const highlight = { before: '[', after: ']' }
      const { hits } = await ask({ text: 'bird', mode, highlight, filter: { match: { body: 'bird' } } })
      expect(hits.length).toBeGreaterThan(0)
      for (const { highlights = [] } of hits) expect(highlights.join(' ')).toContain('[bird]')
    }
  })
})

describe('hybrid', () => {
  test('fused in the client is min-max over both lists, .35 for BM25', async () => {
    const text = 'water engine query'
    const [lexical, sparse] = await Promise.all([
      ask({ text, mode: 'bm25', size: 100 }),
      ask({ text, mode: 'sparse', size: 100 }),
    ])
    const share = (list: SearchResult, id: string) => {
      const found = list.hits.find((hit) => hit.id === id)?.score
      const [greatest = 0, least = 0] = [list.hits[0]?.score, list.hits.at(-1)?.score]
      if (found === undefined) return 0
      return found === least ? 0.001 : (found - least) / (greatest - least)
    }
    for (const { id, score } of (await ask({ text, mode: 'hybrid', fusion: MIN_MAX, fuseIn: 'client' }))
      .hits) {
      expect(score).toBeCloseTo(0.35 * share(lexical, id) + 0.65 * share(sparse, id), 5)
    }
  })

  test('a weight of 1 or 0 ranks like one list', async () => {
    const text = 'music song city'
    for (const [bm25Weight, mode] of [
      [1, 'bm25'],
      [0, 'sparse'],
    ] as const) {
      const fused = await ask({
        text,
        mode: 'hybrid',
        fuseIn: 'client',
        fusion: { type: 'min_max', bm25Weight },
      })
      expect(ids(fused)).toEqual(ids(await ask({ text, mode })))
    }
  })

  test('reciprocal rank fusion', async () => {
    const text = 'garden flower'
    const { hits } = await ask({ text, mode: 'hybrid', fusion: { type: 'rrf' } })
    const [lexical, sparse] = await Promise.all([
      ask({ text, mode: 'bm25', size: 100 }),
      ask({ text, mode: 'sparse', size: 100 }),
    ])
    const share = (list: SearchResult, id: string) => {
      const rank = ids(list).indexOf(id)
      return rank < 0 ? 0 : 1 / (61 + rank)
    }
    for (const { id, score } of hits) expect(score).toBeCloseTo(share(lexical, id) + share(sparse, id), 9)
  })

  test('counts the union, filters both lists, pages within one list', async () => {
    const request = { text: 'king queen', mode: 'hybrid', fusion: MIN_MAX, fuseIn: 'client' } as const
    const filter = { term: { group: 1 } }
    const { total, hits } = await ask({ ...request, filter, trackTotalHits: true, size: 100 })
    expect(total).toBe(hits.length)
    expect(hits.every(({ source }) => source.group === 1)).toBe(true)
    const pages = await Promise.all([0, 10, 20].map((from) => ask({ ...request, from })))
    expect(pages.flatMap(ids)).toEqual(ids(await ask({ ...request, size: 30 })))
  })
})

describe('what cannot be answered', () => {
  test.each<[string, Omit<SearchRequest, 'index'>, string]>([
    ['blank text', { text: ' \n' }, 'expected text to search for'],
    ['text too long', { text: 'x'.repeat(20_001) }, 'at most 20000 characters'],
    ['a page too far', { text: 'x', from: 9_995 }, 'from + size of at most 10000, got 10005'],
    ['a negative size', { text: 'x', size: -1 }, 'a size of 0 or more'],
    [
      'a weight above 1',
      { text: 'x', fusion: { type: 'min_max', bm25Weight: 2 } },
      'a BM25 weight of 0 to 1',
    ],
    [
      'a broken filter',
      { text: 'wing', mode: 'sparse', filter: { nonsense: {} } as object },
      'unknown query [nonsense]',
    ],
    [
      'a broken filter in hybrid',
      { text: 'wing', mode: 'hybrid', filter: { nonsense: {} } as object },
      'unknown query [nonsense]',
    ],
    [
      'too many clauses',
      {
        text: 'wing',
        mode: 'sparse',
        filter: { bool: { should: Array.from({ length: 1_024 }, (_, group) => ({ term: { group } })) } },
      },
      'at most 1024 clauses, got 1 word pieces and 1024 filter clauses',
    ],
    [
      'the engine hybrid without its plugin',
      { text: 'wing', mode: 'hybrid', fusion: MIN_MAX, fuseIn: 'engine' },
      'unknown query [hybrid]',
    ],
  ])('%s is a QUERY error', async (_, request, message) => {
    const failure = ask(request)
    await expect(failure).rejects.toMatchObject({ code: 'QUERY' })
    await expect(failure).rejects.toThrow(message)
  })

  test('an index of another query table is refused with both hashes', async () => {
    const queryTable = new QueryTable({ wing: 1 })
    const failure = search(client, { ...model, queryTable }, { index, text: 'wing', mode: 'sparse' })
    await expect(failure).rejects.toThrow(specification.model.query_table_hash)
    await expect(failure).rejects.toThrow(queryTable.hash)
  })

  test.each(['../_cluster', 'a,b', '*', '_all', '<logs-{now/d}>', 'remote:index', '.kibana', 'UPPER', ''])(
    'the index name %j never reaches the engine',
    async (name) => {
      await expect(search(client, model, { index: name, text: 'wing' })).rejects.toMatchObject({
        code: 'CONFIGURATION',
      })
    },
  )

  test('an index that is not there is named', async () => {
    await expect(search(client, model, { index: uniqueName('missing'), text: 'wing' })).rejects.toMatchObject(
      {
        code: 'INDEX',
        message: expect.stringContaining('no such index'),
      },
    )
  })
})

test('a search follows an alias that moved, although the cache knew the old index', async () => {
  const [alias, moved] = [uniqueName('alias'), uniqueName('moved')]
  const other = { ...specification, sparse_field: 'other_sparse' }
  await installIndex(client, moved, other)
  await storeReady(client, moved, other, DOCUMENTS.slice(0, 50))
  await client.indices.putAlias({ index, name: alias })
  const resources = { ...model, cache: new SearchCache(3_600_000) }
  const request = { index: alias, text: 'wing flight bird', mode: 'sparse' } as const
  const before = await search(client, resources, request)
  const actions = [{ remove: { index, alias } }, { add: { index: moved, alias } }]
  await client.indices.updateAliases({ body: { actions } })
  const after = await search(client, resources, request)
  expect(after.hits.length).toBeGreaterThan(0)
  expect(ids(after)).not.toEqual(ids(before))
  await removeIndices(client, moved)
})
