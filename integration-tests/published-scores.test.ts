import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { loadModel, type Model } from '../models/index.ts'
import { sparseQuery } from '../pipelines/query/query-builder.ts'
import { encodeQuery, explain, type QueryToken, score } from '../sparse/index.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

/**
 * The example of the OpenSearch model cards: "Currently New York is rainy." as doc-v2-distill stores it, as far as
 * the query matches. The bundled query table is the one that this model publishes.
 */
const QUERY = "What's the weather in ny now?"
const DOC_V2_DISTILL = { ny: 1.4109, weather: 1.4673, now: 0.7473 }
const PUBLISHED = 17.5307
const TRUNCATED_TO_NINE_BITS = 17.5108
const TOLERANCE = 1e-3

const index = uniqueName('published-scores')
let client: Client
let model: Model
let tokens: QueryToken[]

beforeAll(async () => {
  client = testClient(inject('opensearchUrl'))
  model = await loadModel()
  tokens = encodeQuery(QUERY, model.tokenizer, model.queryTable)
  await client.indices.create({
    index,
    body: { mappings: { properties: { body_sparse: { type: 'rank_features' } } } },
  })
  await client.index({ index, id: 'rainy', body: { body_sparse: DOC_V2_DISTILL }, refresh: true })
  await client.index({ index, id: 'sunny', body: { body_sparse: { sun: 2 } }, refresh: true })
})

afterAll(() => removeIndices(client, index))

describe('the published example of doc-v2-distill', () => {
  test('has the published dot product', () => {
    const exact = score(tokens, new Map(Object.entries(DOC_V2_DISTILL)))
    expect(Math.abs(exact - PUBLISHED)).toBeLessThan(TOLERANCE)
  })

  test('has the truncated score in the engine, and only the matching document is a hit', async () => {
    const query = sparseQuery({ field: 'body_sparse', tokens, form: 'rank_feature' })
    const { body } = await client.search({ index, body: { query } })
    expect(body.hits.hits.map(({ _id }) => _id)).toEqual(['rainy'])
    expect(Math.abs(Number(body.hits.hits[0]?._score) - TRUNCATED_TO_NINE_BITS)).toBeLessThan(TOLERANCE)
  })

  test('is explained by contributions that add up to the score of the engine', async () => {
    const contributions = explain(tokens, new Map(Object.entries(DOC_V2_DISTILL)), new Set())
    const sum = contributions.reduce((total, { contribution }) => total + contribution, 0)
    expect(Math.abs(sum - TRUNCATED_TO_NINE_BITS)).toBeLessThan(TOLERANCE)
  })
})
