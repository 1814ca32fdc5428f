import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PrivateService, startPrivateOpenSearch } from '../../embedded/index.ts'
import { type IndexSpecification, installIndex, specificationFor } from '../../mappings/index.ts'
import { loadModel, type Model } from '../../models/index.ts'
import { search as searchBy, sparseQuery } from '../../pipelines/index.ts'
import { encodeQuery } from '../../sparse/query/encode-query.ts'
import { QueryTable } from '../../sparse/query/query-table.ts'
import { hasPlugin, pluginHome } from '../fixtures/plugin-home.ts'
import { sampleDocuments, sampleQueries, storeReady } from '../fixtures/sample-documents.ts'
import { testClient, uniqueName } from '../fixtures/test-index.ts'

const DOCUMENTS = sampleDocuments(300)
const FIELD = 'body_sparse'
const index = uniqueName('plugin-query')

describe.skipIf(!hasPlugin)('the query lexpand', () => {
  let service: PrivateService
  let client: Client
  let model: Model
  let specification: IndexSpecification

  beforeAll(async () => {
    service = await startPrivateOpenSearch({ home: await pluginHome() })
    client = testClient(service.url)
    model = await loadModel()
    const options = { fields: ['title', 'body'] }
    specification = specificationFor(model, options)
    await installIndex(client, index, specification, { replicas: 0 })
    await storeReady(client, index, specification, DOCUMENTS)
  }, 400_000)

  afterAll(async () => {
    await service?.stop()
  })

  interface Reply {
    readonly hits: { readonly hits: readonly Hit[] }
    readonly profile?: unknown
  }
  interface Hit {
    readonly _id: string
    readonly _score: number
    readonly matched_queries?: readonly string[]
    readonly _explanation?: unknown
  }

  async function search(body: object, from = index): Promise<Reply> {
    return (await client.search({ index: from, body })).body as unknown as Reply
  }

  const hits = ({ hits }: Reply) => hits.hits.map(({ _id, _score }) => [_id, _score])
  const lexpand = (query: string, more: object = {}) => ({ lexpand: { field: FIELD, query, ...more } })

  function clauses(text: string, boost = 1) {
    const tokens = encodeQuery(text, model.tokenizer, model.queryTable)
    return sparseQuery({ field: FIELD, tokens, boost })
  }

  test.each([
    ['bool', (inner: object) => ({ query: { bool: { must: [inner], filter: [{ term: { group: 2 } }] } } })],
    [
      'dis_max',
      (inner: object) => ({ query: { dis_max: { queries: [inner, { match: { body: 'wing' } }] } } }),
    ],
    ['function_score', (inner: object) => ({ query: { function_score: { query: inner, weight: 2 } } })],
    [
      'rescore',
      (inner: object) => ({
        query: { match: { body: 'wing river' } },
        rescore: { window_size: 30, query: { rescore_query: inner } },
      }),
    ],
    ['collapse', (inner: object) => ({ query: inner, collapse: { field: 'group' } })],
    ['post_filter', (inner: object) => ({ query: { match_all: {} }, post_filter: inner })],
    ['sort', (inner: object) => ({ query: inner, sort: [{ group: 'asc' }, '_score'], track_scores: true })],
    ['explain', (inner: object) => ({ query: inner, explain: true })],
    [
      'highlight',
      (inner: object) => ({ query: { bool: { should: [inner] } }, highlight: { fields: { body: {} } } }),
    ],
    ['aggregation', (inner: object) => ({ query: inner, aggs: { groups: { terms: { field: 'group' } } } })],
  ])('inside %s gives what the stock clauses give', async (_, around) => {
    for (const text of sampleQueries(8)) {
      const ours = await search({ ...around(lexpand(text)), size: 20 })
      const stock = await search({ ...around(clauses(text)), size: 20 })
      expect(hits(ours)).toEqual(hits(stock))
      expect(ours.hits.hits.length).toBeGreaterThan(0)
    }
  })

  test('a boost counts as in the stock clauses, and a name comes back with the hits', async () => {
    const boosted = await search({ query: lexpand('wing bird', { boost: 2.5, _name: 'ours' }) })
    expect(hits(boosted)).toEqual(hits(await search({ query: clauses('wing bird', 2.5) })))
    expect(boosted.hits.hits[0]?.matched_queries).toEqual(['ours'])
  })

  describe('with lexical', () => {
    const weight = 0.3
    const fresh = 'without a vector'

    beforeAll(async () => {
      await client.index({ index, id: fresh, body: { body: 'wing of a fresh bird' }, refresh: true })
    })

    afterAll(async () => {
      await client.delete({ index, id: fresh, refresh: true })
    })

    const sum = (text: string, fields: readonly string[]) => {
      const match =
        fields.length === 1
          ? { match: { [fields[0] as string]: { query: text, boost: weight } } }
          : { multi_match: { query: text, fields, tie_breaker: 0.4, boost: weight } }
      return { bool: { should: [match, clauses(text)] } }
    }

    test.each([
      ['one field', ['body']],
      ['the best of two', ['title', 'body']],
    ])(
      'scores the sum of the pieces and the weighted text: %s, alone and beside a filter',
      async (_, fields) => {
        for (const text of sampleQueries(12)) {
          const ours = lexpand(text, { lexical: { fields, weight } })
          const stock = sum(text, fields)
          const filter = [{ terms: { group: [1, 3] } }]
          for (const around of [
            (inner: object) => ({ query: inner, size: 400 }),
            (inner: object) => ({ query: { bool: { must: [inner], filter } }, size: 10, from: 5 }),
          ]) {
            const [got, wanted] = [await search(around(ours)), await search(around(stock))]
            expect(got.hits.hits.length).toBe(wanted.hits.hits.length)
            got.hits.hits.forEach(({ _score }, at) => {
              expect(_score / (wanted.hits.hits[at]?._score ?? 0)).toBeCloseTo(1, 5)
            })
          }
        }
      },
    )

    test('finds a document without a vector, and its explanation tells both shares', async () => {
      const query = lexpand('fresh wing', { lexical: {} })
      const found = await search({ query, size: 400, explain: true, ext: { lexpand: { explain: true } } })
      const shares = found.hits.hits.map((hit) => {
        const { fields } = hit as Hit & { fields: { lexpand_shares: { sparse: number; lexical: number }[] } }
        return { ...hit, ...(fields.lexpand_shares[0] ?? { sparse: 0, lexical: 0 }) }
      })
      for (const { _score, sparse, lexical } of shares) expect((sparse + lexical) / _score).toBeCloseTo(1, 5)
      expect(shares.find(({ _id }) => _id === fresh)).toMatchObject({ sparse: 0 })
      expect(JSON.stringify(shares[0]?._explanation)).toContain('share of the text')
    })

    test('a weight of 0 is the sparse query', async () => {
      const none = lexpand('fresh wing', { lexical: { weight: 0 } })
      expect(hits(await search({ query: none }))).toEqual(
        hits(await search({ query: lexpand('fresh wing') })),
      )
    })
  })

  test.each(['sparse', 'hybrid'] as const)(
    'feedback gives the hits of the stock clauses, in mode %s',
    async (mode) => {
      const feedback = { documents: 3, pieces: 8, weight: 0.5 }
      for (const text of ['bird river', 'wing', 'heart blood music']) {
        const asked = { index, text, mode, idf: 'model', feedback, size: 100 } as const
        const [byPlugin, byClauses] = await Promise.all(
          (['lexpand', 'rank_feature'] as const).map((form) => searchBy(client, model, { ...asked, form })),
        )
        expect(byPlugin?.feedback?.documents).toEqual(byClauses?.feedback?.documents)
        const wanted = new Map(byClauses?.hits.map(({ id, score }) => [id, score]))
        expect(byPlugin?.hits).toHaveLength(100)
        for (const { id, score } of byPlugin?.hits ?? []) {
          // Documents of equal scores may change places at the end of the page.
          const clauses = wanted.get(id) ?? byClauses?.hits.at(-1)?.score ?? 0
          expect(score / clauses).toBeCloseTo(1, 2)
        }
      }
    },
  )

  test('finds nested documents', async () => {
    const nested = uniqueName('nested')
    const properties = { parts: { type: 'nested', properties: { [FIELD]: { type: 'rank_features' } } } }
    const mappings = { _meta: { lexpand: specification }, properties } as object
    await client.indices.create({ index: nested, body: { mappings } })
    const parts = [{ [FIELD]: { bird: 2 } }, { [FIELD]: { wing: 1 } }]
    await client.index({ index: nested, id: 'one', body: { parts }, refresh: true })
    const query = {
      nested: { path: 'parts', query: { lexpand: { field: `parts.${FIELD}`, query: 'bird' } } },
    }
    expect(hits(await search({ query }, nested))).toHaveLength(1)
  })

  test('idf corpus and blend weigh by the document frequencies of the shard', async () => {
    const texts = ['wing patient', 'the bird', 'zebra wing']
    for (const idf of ['corpus', 'blend'] as const) {
      for (const text of texts) {
        const tokens = encodeQuery(text, model.tokenizer, model.queryTable).map(({ token, weight }) => {
          const df = DOCUMENTS.filter(({ vector }) => vector[token] !== undefined).length
          const corpus = Math.log1p((DOCUMENTS.length - df + 0.5) / (df + 0.5))
          return { token, weight: idf === 'corpus' ? corpus : (corpus + weight) / 2 }
        })
        const wanted = await search({ query: sparseQuery({ field: FIELD, tokens }) })
        const found = await search({ query: lexpand(text, { idf }) })
        expect(found.hits.hits.map(({ _id }) => _id)).toEqual(wanted.hits.hits.map(({ _id }) => _id))
        found.hits.hits.forEach(({ _score }, at) => {
          expect(_score / (wanted.hits.hits[at]?._score ?? 0)).toBeCloseTo(1, 5)
        })
      }
    }
  })

  test('a text without pieces finds nothing, is refused, or asks the text fields, as the user says', async () => {
    expect(hits(await search({ query: lexpand('...') }))).toEqual([])
    await expect(search({ query: lexpand('...', { empty: 'error' }) })).rejects.toThrow('got none. Rephrase')
    const { hits: found } = await search({ query: lexpand('wing', { empty: 'lexical' }) })
    expect(found.hits.length).toBeGreaterThan(0)
    await client.index({ index, id: 'dots', body: { body: 'x... y' }, refresh: true })
    expect(hits(await search({ query: lexpand('[UNK] x...', { empty: 'lexical' }) }))).toBeDefined()
    await client.delete({ index, id: 'dots', refresh: true })
  })

  test('lexpand_wordpiece shows how text is cut, and serves match', async () => {
    const body = { analyzer: 'lexpand_wordpiece', text: 'Wings, unbelievable 中文.' }
    const { tokens } = (await client.indices.analyze({ body })).body
    const pieces = [...model.tokenizer.tokenize(body.text)].map((id) => model.tokenizer.piece(id))
    expect(tokens?.map(({ token }) => token)).toEqual(pieces.filter((piece) => piece !== '.'))
    const texts = uniqueName('analyzed')
    const properties = { text: { type: 'text', analyzer: 'lexpand_wordpiece' } } as object
    await client.indices.create({ index: texts, body: { mappings: { properties } as object } })
    await client.index({ index: texts, id: 'one', body: { text: 'unbelievable wings' }, refresh: true })
    expect(hits(await search({ query: { match: { text: 'unbelievable' } } }, texts))).toHaveLength(1)
    const missing = {
      settings: { analysis: { analyzer: { a: { type: 'lexpand_wordpiece', model: 'none' } } } },
    }
    await expect(
      client.indices.create({ index: uniqueName('none'), body: missing as object }),
    ).rejects.toThrow('expected a model of this node')
  })

  describe('what cannot be answered is a 400 that says what to do', () => {
    const words = () =>
      Array.from({ length: 30_000 }, (_, id) => model.tokenizer.piece(id) ?? '')
        .filter((piece) => /^[a-z]{3,7}$/.test(piece))
        .slice(0, 2_000)
        .join(' ')

    test.each<[string, () => object, string]>([
      ['no field', () => ({ lexpand: { query: 'x' } }), 'expected [field]'],
      ['no text', () => ({ lexpand: { field: FIELD } }), 'expected [query] to be a text'],
      ['an object as text', () => lexpand({} as string), 'expected a plain value for [query]'],
      ['an unknown parameter', () => lexpand('x', { top_k: 3 }), 'got [top_k]'],
      ['another idf', () => lexpand('x', { idf: 'tf' }), '[model, corpus, blend]'],
      ['a text field', () => ({ lexpand: { field: 'body', query: 'x' } }), 'got [text]'],
      ['a missing field', () => ({ lexpand: { field: 'nothing', query: 'x' } }), 'no such field'],
      ['an extreme boost', () => lexpand('wing', { boost: 1e30 }), 'Scale the boost'],
      ['an infinite boost', () => lexpand('wing', { boost: 1e300 }), 'a number above 0'],
      ['2,000 words', () => lexpand(words()), 'at most 1024 distinct word pieces'],
      [
        'another weight',
        () => lexpand('x', { lexical: { weight: 'auto' } }),
        '[lexical.weight] to be a number',
      ],
      [
        'a text field that is missing',
        () => lexpand('x', { lexical: { fields: ['none'] } }),
        'no such field',
      ],
      ['10 MB of text', () => lexpand('word '.repeat(2_000_000)), 'at most 20000 characters'],
      ['10 MB without a space', () => lexpand('x'.repeat(10_000_000)), 'at most 20000 characters'],
    ])('%s', async (_, query, message) => {
      const failure = search({ query: query() })
      await expect(failure).rejects.toMatchObject({ statusCode: 400 })
      await expect(failure).rejects.toThrow(message)
    })

    test('an index that is not ours', async () => {
      const foreign = uniqueName('foreign')
      const properties = { [FIELD]: { type: 'rank_features' } } as object
      await client.indices.create({ index: foreign, body: { mappings: { properties } as object } })
      const failure = search({ query: lexpand('wing') }, foreign)
      await expect(failure).rejects.toMatchObject({ statusCode: 400 })
      await expect(failure).rejects.toThrow('without _meta.lexpand. Run lexpand index')
    })

    test('an index of another model: both hashes, and the folder that is missing', async () => {
      const other = uniqueName('other-table')
      const foreign = { ...specification.model, name: 'theirs', query_table_hash: 'd'.repeat(64) }
      await installIndex(client, other, { ...specification, model: foreign })
      const failure = search({ query: lexpand('wing') }, other)
      await expect(failure).rejects.toMatchObject({ statusCode: 400 })
      for (const part of ['d'.repeat(64), model.queryTable.hash, 'config/lexpand/theirs']) {
        await expect(failure).rejects.toThrow(part)
      }
    })

    test('and the node lives', async () => {
      expect(hits(await search({ query: lexpand('wing') }))).not.toEqual([])
      expect((await client.cat.nodes({ format: 'json' })).body).toHaveLength(1)
    })
  })

  test('a model of config/lexpand answers for its index after a restart; a broken one is named', async () => {
    const folder = join(service.dataDirectory, 'config', 'lexpand')
    for (const [name, table] of [
      ['small', '{"bird": 3}'],
      ['broken', '{"bird": '],
    ] as const) {
      mkdirSync(join(folder, name), { recursive: true })
      copyFileSync(join(model.directory, 'tokenizer.json'), join(folder, name, 'tokenizer.json'))
      writeFileSync(join(folder, name, 'query-table.json'), table)
    }
    await service.restart()
    const own = uniqueName('own-table')
    const { hash } = new QueryTable({ bird: 3 })
    const small = { ...specification.model, name: 'small', query_table_hash: hash }
    await installIndex(client, own, { ...specification, model: small }, { replicas: 0 })
    const document = { id: 'one', title: 'Birds', body: 'and wings', group: 1, vector: { bird: 2, wing: 1 } }
    await storeReady(client, own, specification, [document])
    expect(hits(await search({ query: lexpand('bird wing') }, own)).map(([, score]) => score)).toEqual([6])
    const damaged = uniqueName('damaged-table')
    const broken = { ...specification.model, name: 'broken', query_table_hash: 'e'.repeat(64) }
    await installIndex(client, damaged, { ...specification, model: broken }, { replicas: 0 })
    await expect(search({ query: lexpand('bird') }, damaged)).rejects.toThrow(
      'config/lexpand/broken cannot be used',
    )
  })
})
