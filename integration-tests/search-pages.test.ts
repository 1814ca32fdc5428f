import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { installIndex, specificationFor } from '../mappings/index.ts'
import { loadModel, type Model } from '../models/index.ts'
import { buildQuery, type SearchRequest, type SearchResult, search } from '../pipelines/index.ts'
import { sampleDocuments, storeReady } from './fixtures/sample-documents.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const MANY = 10_000
const index = uniqueName('pages')
const text = 'bird river'
let client: Client
let model: Model

beforeAll(async () => {
  client = testClient(inject('opensearchUrl'))
  model = await loadModel()
  const specification = specificationFor(model, { fields: ['title', 'body'] })
  const mapping = { properties: { group: { type: 'integer' } } }
  await installIndex(client, index, specification, { mapping, shards: 2 })
  const documents = sampleDocuments(500)
  for (let copy = 0; copy < MANY / documents.length; copy++) {
    const part = documents.map((document, at) => ({
      ...document,
      id: `${copy}-${document.id}`,
      title: `bird ${document.title}`,
      body: 'stone light water',
      // Two tenants: in the second one birds are rare.
      group: copy < 2 ? 7 : document.group,
      vector: {
        ...(copy === 0 || (copy === 1 && at > 20) ? {} : { bird: 0.5 + ((at * 37 + copy) % 1_000) / 900 }),
        river: 0.1 + ((at * 13 + copy * 7) % 997) / 800,
      },
    }))
    await storeReady(client, index, specification, part)
  }
}, 240_000)

afterAll(async () => {
  await removeIndices(client, index)
})

const ask = (request: Partial<SearchRequest> = {}) =>
  search(client, model, { index, text, sourceFields: ['group'], ...request })
const ids = ({ hits }: SearchResult) => hits.map(({ id }) => id)

test('pages of a hybrid search are disjoint and complete to 10,000, and the total is exact', async () => {
  const whole = await ask({ size: MANY, trackTotalHits: true })
  expect(whole).toMatchObject({ mode: 'hybrid', total: MANY })
  expect(new Set(ids(whole)).size).toBe(MANY)
  const seen: string[] = []
  for (const size of [1, 99, 900, 2_500, 3_000, 3_500]) {
    seen.push(...ids(await ask({ from: seen.length, size })))
  }
  expect(seen).toEqual(ids(whole))
}, 120_000)

test('sort, collapse and aggregations of an application work around the query that is built for it', async () => {
  const { query } = await buildQuery(client, model, { index, text })
  const aggs = { groups: { terms: { field: 'group', size: 20 } } }
  const body = {
    query,
    aggs,
    collapse: { field: 'group' },
    sort: [{ group: 'desc' }, '_score'],
    track_total_hits: true,
  }
  const own = (await client.search({ index, body: body as object })).body
  expect(own.hits.hits.map(({ fields }) => fields?.group?.[0])).toEqual([7, 4, 3, 2, 1, 0])
  expect(own.hits.total).toMatchObject({ value: MANY })
  const plain = await client.search({ index, body: { query: { match_all: {} }, aggs, size: 0 } as object })
  expect(own.aggregations).toEqual(plain.body.aggregations)
}, 60_000)

test('rarity can be that of the documents that a filter lets through', async () => {
  const asked = {
    filter: { term: { group: 7 } },
    mode: 'sparse',
    idf: 'corpus',
    explain: true,
    size: 1,
  } as const
  const weightOf = ({ hits }: SearchResult, piece: string) =>
    hits[0]?.explanation?.find(({ token }) => token === piece)?.queryWeight ?? 0
  const bird = { ...asked, text: 'bird' }
  const [ofAll, ofTenant] = await Promise.all([ask(bird), ask({ ...bird, idfScope: 'filter' })])
  // 21 of the tenant's 1,000 documents carry it, and nearly all of the index.
  expect(weightOf(ofTenant, 'bird')).toBeCloseTo(Math.log1p((1_000 - 21 + 0.5) / 21.5), 3)
  expect(weightOf(ofAll, 'bird')).toBeLessThan(0.2)
  const unfiltered = await ask({ ...bird, filter: undefined, idfScope: 'filter' })
  expect(weightOf(unfiltered, 'bird')).toBeCloseTo(weightOf(ofAll, 'bird'), 6)
}, 60_000)
