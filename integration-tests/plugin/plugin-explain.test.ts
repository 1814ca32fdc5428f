import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PrivateService, startPrivateOpenSearch } from '../../embedded/index.ts'
import { type IndexSpecification, installIndex, specificationFor, textHash } from '../../mappings/index.ts'
import { loadModel, type Model } from '../../models/index.ts'
import { sparseQuery } from '../../pipelines/index.ts'
import { encodeQuery } from '../../sparse/query/encode-query.ts'
import { explain } from '../../sparse/query/explain.ts'
import { highlight } from '../../sparse/query/highlight.ts'
import { hasPlugin, pluginHome } from '../fixtures/plugin-home.ts'
import { testClient, uniqueName } from '../fixtures/test-index.ts'

const FINGERPRINT = 'f1f1f1f1f1f1f1f1'
const index = uniqueName('plugin-explain')
let engine: PrivateService
let client: Client
let model: Model
let specification: IndexSpecification

const LONG = `${'The storm came over the hills. '.repeat(30)}Rain fell. ${'Nothing else was said. '.repeat(30)}`

/** Texts of several scripts with weights like those of an encoder: words of the text and others. */
const DOCUMENTS: [string, Record<string, number>][] = [
  [
    'Currently New York is rainy.',
    { weather: 1.4673, ny: 1.4109, york: 1.2, rainy: 2.01, now: 0.7473, today: 0.31 },
  ],
  [
    'Café weather, CAFÉS & <b>naïve</b> "rain" 中文 👍',
    { cafe: 1.9, weather: 1.33333, rain: 0.7, 中: 1.1, ny: 0.05 },
  ],
  [LONG, { storm: 2.5, rain: 2.1, weather: 1.7, hills: 1.1 }],
  ['Electroencephalography of nothing in particular', { brain: 1.5, '##ence': 1.25, weather: 0.6 }],
  ['Weather weather everywhere. It rains; the weather storms.', { weather: 3.1, rain: 1.1, storm: 0.9 }],
]
const QUERY = "What's the weather in ny now: storm, rain, 中, electroencephalography?"

beforeAll(async () => {
  if (!hasPlugin) return
  model = await loadModel()
  specification = { ...specificationFor(model, { fields: ['body'] }), fingerprint: FINGERPRINT }
  engine = await startPrivateOpenSearch({ home: await pluginHome() })
  client = testClient(engine.url)
  await installIndex(client, index, specification, { replicas: 0 })
  const lines = DOCUMENTS.flatMap(([body, body_sparse], at) => [
    { index: { _id: String(at) } },
    {
      body,
      body_sparse,
      lexpand: { state: 'ready', text_hash: textHash({ body }, ['body']), fingerprint: FINGERPRINT },
    },
  ])
  const reply = await client.bulk({ index, refresh: true, pipeline: '_none', body: lines })
  expect(reply.body.errors).toBe(false)
})

afterAll(async () => {
  await engine?.stop()
})

interface Hit {
  readonly _id: string
  readonly _score: number
  readonly fields?: { readonly lexpand_explanation?: readonly Record<string, unknown>[] }
  readonly highlight?: Readonly<Record<string, readonly string[]>>
}

async function search(body: object, target = index): Promise<Hit[]> {
  const reply = await client.search({ index: target, body: body as never })
  return reply.body.hits.hits as unknown as Hit[]
}

const ours = (more: object = {}) => ({ lexpand: { field: 'body_sparse', query: QUERY, ...more } })
const explained = { ext: { lexpand: { explain: true } } }

function expectedExplanation(id: string) {
  const [text, weights] = DOCUMENTS[Number(id)] as (typeof DOCUMENTS)[number]
  const pieces = new Set(
    Array.from(model.tokenizer.tokenize(text), (piece) => model.tokenizer.piece(piece) ?? ''),
  )
  const tokens = encodeQuery(QUERY, model.tokenizer, model.queryTable)
  return explain(tokens, new Map(Object.entries(weights)), pieces)
}

function expectSameExplanation(hit: Hit): void {
  const expected = expectedExplanation(hit._id)
  const got = hit.fields?.lexpand_explanation ?? []
  expect(got.map(({ token, expansion }) => [token, expansion])).toEqual(
    expected.map(({ token, expansion }) => [token, expansion]),
  )
  for (const [at, { queryWeight, documentWeight, contribution }] of expected.entries()) {
    expect(got[at]?.queryWeight).toBeCloseTo(queryWeight, 4)
    expect(got[at]?.documentWeight).toBeCloseTo(documentWeight, 5)
    expect(got[at]?.contribution).toBeCloseTo(contribution, 3)
  }
}

describe.skipIf(!hasPlugin)('ext.lexpand.explain', () => {
  test('of a lexpand query gives what the TypeScript gives, and adds up to the score', async () => {
    const hits = await search({ query: ours(), ...explained })
    expect(hits).toHaveLength(DOCUMENTS.length)
    for (const hit of hits) {
      expectSameExplanation(hit)
      const sum = (hit.fields?.lexpand_explanation ?? []).reduce(
        (total, one) => total + Number(one.contribution),
        0,
      )
      expect(sum).toBeCloseTo(hit._score, 3)
    }
  })

  test('explains the stock form as well', async () => {
    const tokens = encodeQuery(QUERY, model.tokenizer, model.queryTable)
    const hits = await search({ query: sparseQuery({ field: 'body_sparse', tokens }), ...explained })
    expect(hits).toHaveLength(DOCUMENTS.length)
    hits.forEach(expectSameExplanation)
  })

  test('works without the source, inside bool beside other clauses, and with rescore', async () => {
    const hits = await search({
      query: {
        bool: { should: [ours(), { match: { body: 'rainy' } }], must_not: [{ term: { body: 'absent' } }] },
      },
      rescore: { window_size: 5, query: { rescore_query: { match: { body: 'storm' } } } },
      _source: false,
      ...explained,
    })
    expect(hits).toHaveLength(DOCUMENTS.length)
    hits.forEach(expectSameExplanation)
  })

  test('leaves out what only filters or excludes', async () => {
    const filtered = await search({
      query: { bool: { must: [{ match_all: {} }], filter: [ours()] } },
      ...explained,
    })
    expect(filtered).toHaveLength(DOCUMENTS.length)
    for (const { fields } of filtered) expect(fields?.lexpand_explanation ?? []).toEqual([])
  })

  test('multiplies boosts into the query weights', async () => {
    const [plain] = await search({ query: ours(), size: 1, ...explained })
    const [boosted] = await search({
      query: { bool: { boost: 2, should: [ours({ boost: 1.5 })] } },
      size: 1,
      ...explained,
    })
    const first = (hit: Hit | undefined) => hit?.fields?.lexpand_explanation?.[0]
    expect(first(boosted)?.token).toBe(first(plain)?.token)
    expect(Number(first(boosted)?.queryWeight) / Number(first(plain)?.queryWeight)).toBeCloseTo(3, 4)
  })

  test('says nothing when it is off, and nothing of other indices', async () => {
    for (const { fields } of await search({ query: ours(), ext: { lexpand: { explain: false } } })) {
      expect(fields).toBeUndefined()
    }
    const other = uniqueName('other')
    await client.index({ index: other, refresh: true, body: { body: 'weather' } })
    const hits = await search({ query: { match: { body: 'weather' } }, ...explained }, other)
    expect(hits).toHaveLength(1)
    expect(hits[0]?.fields).toBeUndefined()
    await client.indices.delete({ index: other })
  })

  test.each([[{ explain: 'yes' }], [{ explan: true }], [[true]]])(
    'refuses %j and says what to write',
    async (lexpand) => {
      await expect(search({ query: ours(), ext: { lexpand } })).rejects.toMatchObject({
        statusCode: 400,
        message: expect.stringContaining('Write "ext": {"lexpand": {"explain": true}}'),
      })
    },
  )

  test("explain: true shows Lucene's own explanation of the same query", async () => {
    const [hit] = (await search({ query: ours(), explain: true, size: 1 })) as unknown as {
      _explanation: unknown
    }[]
    expect(JSON.stringify(hit?._explanation)).toContain('Linear function on the body_sparse field for the')
  })
})

describe.skipIf(!hasPlugin)('highlight of type lexpand', () => {
  const fields = (options: object = {}) => ({
    highlight: {
      fields: {
        body: { type: 'lexpand', fragment_size: 160, number_of_fragments: 3, ...options },
        body_sparse: { type: 'lexpand' },
      },
    },
  })

  test('marks the same words in the same excerpts as the TypeScript', async () => {
    for (const size of [40, 160, 1_000]) {
      const hits = await search({ query: ours(), ...fields({ fragment_size: size }) })
      expect(hits).toHaveLength(DOCUMENTS.length)
      for (const hit of hits) {
        const matched = new Set(expectedExplanation(hit._id).map(({ token }) => token))
        const [text] = DOCUMENTS[Number(hit._id)] as (typeof DOCUMENTS)[number]
        const expected = highlight(text, model.tokenizer, matched, {
          fragmentLength: size,
          fragments: 3,
          escape: 'none',
        })
        expect(hit.highlight?.body ?? []).toEqual(expected)
      }
    }
  })

  test('on the sparse field names the expansions, strongest first', async () => {
    const hits = await search({ query: ours(), ...fields() })
    for (const hit of hits) {
      const expected = expectedExplanation(hit._id)
        .filter(({ expansion }) => expansion)
        .map(({ token }) => token)
      expect(hit.highlight?.body_sparse ?? []).toEqual(expected)
    }
    expect(hits.find(({ _id }) => _id === '0')?.highlight?.body_sparse).toEqual(['ny', 'weather', 'now'])
  })

  test('takes marks, html, whole texts and a beginning where nothing matched', async () => {
    const one = async (id: string, options: object) => {
      const query = { bool: { must: [ours()], filter: [{ ids: { values: [id] } }] } }
      return (await search({ query, ...fields(options) }))[0]?.highlight?.body
    }
    expect(await one('1', { pre_tags: ['['], post_tags: [']'], number_of_fragments: 0 })).toEqual([
      'Café [weather], CAFÉS & <b>naïve</b> "[rain]" [中]文 👍',
    ])
    const html = { number_of_fragments: 0, pre_tags: ['<em>'], post_tags: ['</em>'] }
    const query = { bool: { must: [ours()], filter: [{ ids: { values: ['1'] } }] } }
    const [escaped] = await search({
      query,
      highlight: { encoder: 'html', fields: { body: { type: 'lexpand', ...html } } },
    })
    expect(escaped?.highlight?.body?.[0]).toContain('&lt;b&gt;naïve&lt;')
    expect(escaped?.highlight?.body?.[0]).toContain('<em>weather</em>')
    const unmatched = { lexpand: { field: 'body_sparse', query: 'brain' } }
    const [beginning] = await search({ query: unmatched, ...fields({ no_match_size: 25 }) })
    expect(beginning?.highlight?.body).toEqual(['Electroencephalography of'])
    const [none] = await search({ query: unmatched, ...fields() })
    expect(none?.highlight?.body).toBeUndefined()
    expect(none?.highlight?.body_sparse).toEqual(['brain'])
  })

  test("stands beside the engine's own highlighters", async () => {
    const query = { bool: { should: [ours(), { match: { body: 'storm' } }] } }
    const highlight = {
      fields: { body: { type: 'unified', number_of_fragments: 1 }, body_sparse: { type: 'lexpand' } },
    }
    const hit = (await search({ query, highlight })).find(({ _id }) => _id === '2')
    expect(hit?.highlight?.body?.[0]).toContain('<em>storm</em>')
    expect(hit?.highlight?.body_sparse).toEqual(['weather'])
  })
})
