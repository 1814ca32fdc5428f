import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PrivateService, startPrivateOpenSearch } from '../../embedded/index.ts'
import { installIndex, specificationFor, textHash } from '../../mappings/index.ts'
import { loadModel } from '../../models/index.ts'
import { hasPlugin, pluginHome } from '../fixtures/plugin-home.ts'
import { testClient, testSpecification, uniqueName } from '../fixtures/test-index.ts'

const FINGERPRINT = 'f1f1f1f1f1f1f1f1'
const [index, plain, foreign, pipeline] = ['rewrite', 'plain', 'foreign', 'pipeline'].map(uniqueName) as [
  string,
  string,
  string,
  string,
]
let engine: PrivateService
let client: Client

/** The second document says what the query asks for in other words: only its vector knows. */
const DOCUMENTS: [string, Record<string, number>][] = [
  ['the weather today', { weather: 2, today: 1 }],
  ['it is raining cats and dogs', { weather: 1.5, rain: 2 }],
  ['cooking with garlic', { garlic: 2, food: 1 }],
]

beforeAll(async () => {
  if (!hasPlugin) return
  engine = await startPrivateOpenSearch({ home: await pluginHome() })
  client = testClient(engine.url)
  const specification = {
    ...specificationFor(await loadModel(), { fields: ['body'] }),
    fingerprint: FINGERPRINT,
  }
  await installIndex(client, index, specification, { replicas: 0 })
  // Another model than any of the node, and no vectors at all.
  await installIndex(client, foreign, testSpecification({ fields: ['body'] }), { replicas: 0 })
  const text = { mappings: { properties: { body: { type: 'text' as const } } } }
  await client.indices.create({ index: plain, body: text })
  const lines = DOCUMENTS.flatMap(([body, body_sparse], at) => {
    const lexpand = { state: 'ready', text_hash: textHash({ body }, ['body']), fingerprint: FINGERPRINT }
    return [{ index: { _id: String(at) } }, { body, n: at, body_sparse, lexpand }]
  })
  await client.bulk({ index, refresh: true, pipeline: '_none', body: lines })
  for (const other of [plain, foreign]) {
    await client.index({ index: other, id: `in ${other}`, refresh: true, body: { body: 'weather' } })
  }
  await putPipeline(pipeline, { fields: { body: 'body_sparse' } })
  await client.indices.putSettings({ index, body: { 'index.search.default_pipeline': pipeline } as object })
})

afterAll(async () => {
  await engine?.stop()
})

async function putPipeline(id: string, lexpand_query: object): Promise<void> {
  const body = { request_processors: [{ lexpand_query }] }
  await client.transport.request({ method: 'PUT', path: `/_search/pipeline/${id}`, body })
}

interface Answer {
  readonly _shards: { readonly failed: number }
  readonly hits: {
    readonly hits: readonly {
      _id: string
      _score: number
      matched_queries?: string[]
      _explanation?: object
    }[]
  }
}

async function search(body: object, target = index, parameters = ''): Promise<Answer> {
  const path = `/${target}/_search${parameters}`
  const reply = await client.transport.request({ method: 'POST', path, body })
  return reply.body as unknown as Answer
}

const ids = ({ hits }: Answer) => hits.hits.map(({ _id }) => _id)
const weather = { match: { body: 'weather' } }

describe.skipIf(!hasPlugin)('the search request processor lexpand_query', () => {
  test('finds by the vector what the words of an unchanged query do not', async () => {
    expect(ids(await search({ query: weather }))).toEqual(['0', '1'])
    expect(ids(await search({ query: weather }, index, '?search_pipeline=_none'))).toEqual(['0'])
    const query = { multi_match: { query: 'weather', fields: ['title^2', '*ody'] } }
    expect(ids(await search({ query }))).toEqual(['0', '1'])
  })

  test('gives the score of both sides added, weighted', async () => {
    const alone = async (query: object) =>
      (await search({ query }, index, '?search_pipeline=_none')).hits.hits[0]?._score ?? 0
    const text = await alone(weather)
    const sparse = await alone({ lexpand: { field: 'body_sparse', query: 'weather' } })
    const weighted = uniqueName('weighted')
    await putPipeline(weighted, {
      fields: { body: { sparse_field: 'body_sparse', weight: 3 } },
      text_weight: 0.5,
    })
    const both = await search({ query: weather }, index, `?search_pipeline=${weighted}`)
    expect(both.hits.hits[0]?._score).toBeCloseTo(0.5 * text + 3 * sparse, 3)
  })

  test('leaves queries named lexpand:off, filters and strict queries to the words', async () => {
    const off = { match: { body: { query: 'weather', _name: 'lexpand:off' } } }
    expect(ids(await search({ query: off }))).toEqual(['0'])
    expect(ids(await search({ query: { bool: { filter: [weather] } } }))).toEqual(['0'])
    const strict = { match: { body: { query: 'the weather', operator: 'and' } } }
    expect(ids(await search({ query: strict }))).toEqual(['0'])
  })

  test('works with explain, names, highlights, profile, collapse, aggregations, rescore, sort and paging', async () => {
    const query = { bool: { must: [{ match: { body: { query: 'weather', _name: 'words' } } }] } }
    const rich = await search({
      query,
      explain: true,
      profile: true,
      highlight: { fields: { body: {} } },
      collapse: { field: 'n' },
      aggs: { n: { avg: { field: 'n' } } },
    })
    expect(ids(rich)).toEqual(['0', '1'])
    expect(rich.hits.hits.map(({ matched_queries }) => matched_queries)).toEqual([['words'], undefined])
    expect(JSON.stringify(rich.hits.hits[1]?._explanation)).toContain(
      'Linear function on the body_sparse field',
    )
    const rescored = {
      window_size: 2,
      query: { rescore_query: { match: { body: 'raining' } }, rescore_query_weight: 100 },
    }
    expect(ids(await search({ query, rescore: rescored }))).toEqual(['1', '0'])
    expect(ids(await search({ query, sort: [{ n: 'desc' }, '_score'] }))).toEqual(['1', '0'])
    expect(ids(await search({ query, from: 1, size: 1 }))).toEqual(['1'])
  })

  test('finds no document more where no score puts hits in order', async () => {
    expect(ids(await search({ query: weather, sort: [{ n: 'desc' }] }))).toEqual(['0'])
    const counted = await search({ query: weather, size: 0, aggs: { n: { max: { field: 'n' } } } })
    expect(counted).toMatchObject({ hits: { total: { value: 1 } }, aggregations: { n: { value: 0 } } })
    const scored = { query: weather, sort: [{ n: 'desc' }], track_scores: true }
    const [off, on] = [await search(scored, index, '?search_pipeline=_none'), await search(scored)]
    expect(on.hits.hits[0]?._score).toBeGreaterThan(off.hits.hits[0]?._score ?? 0)
  })

  test('never makes an error of a request that was none: other indices, other models, long texts', async () => {
    const everywhere = `${index},${plain},${foreign}`
    const answer = await search({ query: weather }, everywhere, `?search_pipeline=${pipeline}`)
    expect(answer._shards.failed).toBe(0)
    expect(ids(answer).sort()).toEqual(['0', '1', `in ${plain}`, `in ${foreign}`].sort())
    const words = (count: number) => Array.from({ length: count }, (_, at) => `word${at}`).join(' ')
    for (const text of [
      words(1_000),
      '中文'.repeat(500),
      `weather ${'x'.repeat(100_000)}`,
      '!?',
      '[SEP]',
      '\u0000',
    ]) {
      const plainly = await search({ query: { match: { body: text } } }, index, '?search_pipeline=_none')
      const result = await search({ query: { match: { body: text } } })
      expect(result._shards.failed).toBe(0)
      expect(ids(result)).toEqual(expect.arrayContaining(ids(plainly)))
    }
    const tenFields = {
      multi_match: {
        query: words(90),
        fields: Array.from({ length: 10 }, (_, at) => `f${at}`).concat('body'),
      },
    }
    expect((await search({ query: tenFields }))._shards.failed).toBe(0)
    expect(ids(await search({}))).toHaveLength(3)
  })

  test.each([
    [{}, '[fields] required property is missing'],
    [{ fields: { body: 3 } }, '[fields.body] expected the name of a sparse field'],
    [
      { fields: { body: 's' }, text_weight: 0 },
      '[text_weight] expected a number in [0.001, 1000.0], got [0]',
    ],
    [{ fields: { body: 's' }, surprise: 1 }, 'surprise'],
  ])('refuses %j when the pipeline is stored', async (configuration, message) => {
    await expect(putPipeline(uniqueName('bad'), configuration)).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining(message),
    })
  })
})
