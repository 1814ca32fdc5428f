import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { embeddedRelease, OPENSEARCH_VERSION } from '../embedded/engine/release.ts'
import { type PrivateService, startPrivateOpenSearch } from '../embedded/index.ts'
import { type IndexSpecification, installIndex, specificationFor } from '../mappings/index.ts'
import { loadModel, type Model } from '../models/index.ts'
import { SearchCache, type SearchRequest, type SearchResult, search } from '../pipelines/index.ts'
import { encodeQuery } from '../sparse/query/encode-query.ts'
import { peerHome } from './fixtures/peer-home.ts'
import { hasPeerPlugin, pluginPeerHome } from './fixtures/plugin-home.ts'
import { sampleDocuments, sampleQueries, storeReady } from './fixtures/sample-documents.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const DOCUMENTS = sampleDocuments(400)
const QUERIES = sampleQueries(40)
const MIN_MAX = { type: 'min_max' } as const
const index = uniqueName('peer')

const ids = ({ hits }: SearchResult) => hits.map(({ id }) => id)
const scores = ({ hits }: SearchResult) => hits.map(({ score }) => score)

const OTHER_FORMS = hasPeerPlugin ? (['neural_sparse', 'lexpand'] as const) : (['neural_sparse'] as const)

/** It is published for one release only: runs on others need not repeat what is about that one. */
const isOwnRun = embeddedRelease(process.env).version === OPENSEARCH_VERSION

describe.skipIf(!isOwnRun)('beside OpenSearch’s neural-search', () => {
  let service: PrivateService
  let peer: Client
  let model: Model
  let specification: IndexSpecification
  const sharded = `${index}-sharded`

  beforeAll(async () => {
    service = await startPrivateOpenSearch({
      home: hasPeerPlugin ? await pluginPeerHome() : await peerHome(),
    })
    peer = testClient(service.url)
    model = await loadModel()
    specification = specificationFor(model, { fields: ['title', 'body'] })
    await installIndex(peer, index, specification)
    await installIndex(peer, sharded, specification, { shards: 3 })
    await storeReady(peer, index, specification, DOCUMENTS)
    await storeReady(peer, sharded, specification, DOCUMENTS)
  }, 400_000)

  afterAll(async () => {
    await service?.stop()
  })

  function ask(request: Omit<SearchRequest, 'index'> & { readonly index?: string }): Promise<SearchResult> {
    return search(peer, model, { index, ...request })
  }

  test.each(OTHER_FORMS)('%s ranks and scores like rank_feature clauses', async (form) => {
    for (const text of QUERIES) {
      const request = { text, mode: 'sparse', idf: 'model', size: 50 } as const
      const clauses = await ask({ ...request, form: 'rank_feature' })
      const other = await ask({ ...request, form })
      expect(ids(other)).toEqual(ids(clauses))
      expect(scores(other)).toEqual(scores(clauses))
    }
  })

  test.each(OTHER_FORMS)('%s gives the same sums in one pass', async (form) => {
    const fusion = { type: 'sum', balance: 0.3 } as const
    for (const text of QUERIES) {
      const request = { text, idf: 'model', fusion, size: 50 } as const
      const clauses = await ask({ ...request, form: 'rank_feature' })
      const other = await ask({ ...request, form })
      expect(other.hits).toHaveLength(clauses.hits.length)
      scores(other).forEach((score, at) => {
        expect(score).toBeCloseTo(clauses.hits[at]?.score ?? 0, 3)
      })
    }
  })

  test.each(OTHER_FORMS)('%s does with filters and total hits, too', async (form) => {
    const request = {
      text: 'wing bird',
      mode: 'sparse',
      idf: 'model',
      filter: { term: { group: 2 } },
      trackTotalHits: true,
    } as const
    const clauses = await ask({ ...request, form: 'rank_feature' })
    const other = await ask({ ...request, form })
    expect({ ...other, tookMs: 0, engineTookMs: 0 }).toEqual({
      ...clauses,
      tookMs: 0,
      engineTookMs: 0,
    })
    expect(other.total).toBeGreaterThan(0)
  })

  test('hybrid fused by the engine and by the client rank alike on one shard', async () => {
    let compared = 0
    for (const text of QUERIES) {
      for (const form of ['rank_feature', ...OTHER_FORMS] as const) {
        const request = { text, form, mode: 'hybrid', fusion: MIN_MAX, size: 20 } as const
        const engine = await ask({ ...request, fuseIn: 'engine' })
        const own = await ask({ ...request, fuseIn: 'client' })
        scores(engine).forEach((score, at) => {
          expect(own.hits[at]?.score).toBeCloseTo(score, 5)
        })
        const distinct = new Set(scores(own).map((score) => score.toFixed(5)))
        if (distinct.size < own.hits.length) continue
        compared++
        expect(ids(engine)).toEqual(ids(own))
      }
    }
    expect(compared).toBeGreaterThan(QUERIES.length)
  })

  test('hybrid in the engine pages, filters and counts like that in the client', async () => {
    const request = {
      text: 'garden flower market',
      mode: 'hybrid',
      fusion: MIN_MAX,
      filter: { terms: { group: [1, 2] } },
      trackTotalHits: true,
      from: 10,
      size: 10,
    } as const
    const engine = await ask({ ...request, fuseIn: 'engine' })
    const own = await ask({ ...request, fuseIn: 'client' })
    expect(ids(engine)).toEqual(ids(own))
    expect(engine.total).toBe(own.total)
  })

  test('hybrid never goes past the search pipeline of the owner: fused in the client, or refused', async () => {
    const hidden = uniqueName('search-hidden')
    const body = { request_processors: [{ filter_query: { query: { term: { group: 2 } } } }] }
    await peer.transport.request({ method: 'PUT', path: `/_search/pipeline/${hidden}`, body })
    const settings = { 'index.search.default_pipeline': hidden }
    await installIndex(peer, hidden, specification, { settings })
    await storeReady(peer, hidden, specification, DOCUMENTS)
    const asked = { index: hidden, text: 'wing bird', size: 100 }
    const ways = [{ mode: 'sparse' }, { mode: 'hybrid' }, { fusion: MIN_MAX }, { mode: 'bm25' }] as const
    for (const way of ways) {
      const { hits } = await ask({ ...asked, ...way })
      expect(hits.length).toBeGreaterThan(5)
      expect(new Set(hits.map(({ source }) => source.group))).toEqual(new Set([2]))
    }
    await expect(ask({ ...asked, mode: 'hybrid', fusion: MIN_MAX, fuseIn: 'engine' })).rejects.toThrow(
      `without a default search pipeline to fuse in the engine, got ${hidden}`,
    )
    // Bookkeeping sees them all.
    const cache = new SearchCache()
    expect(await cache.coverage(peer, hidden)).toBe(1)
    const { documents } = await cache.frequencies(
      peer,
      { index: hidden, field: specification.sparse_field, vectorType: 'rank_features' },
      ['wing'],
    )
    expect(documents).toBe(DOCUMENTS.length)
    await removeIndices(peer, hidden)
  })

  test('without a form, our plugin answers where it can, and stock clauses where it cannot', async () => {
    const of = async (from: Client, name: string) =>
      new SearchCache().form(from, { name, specification, vectorType: 'rank_features' })
    const plain = testClient(inject('opensearchUrl'))
    expect(await of(plain, index)).toBe('rank_feature')
    expect(await of(peer, index)).toBe(hasPeerPlugin ? 'lexpand' : 'rank_feature')
    const foreign = uniqueName('foreign-table')
    const model_ = { ...specification.model, query_table_hash: 'f'.repeat(64) }
    await installIndex(peer, foreign, { ...specification, model: model_ })
    expect(await of(peer, foreign)).toBe('rank_feature')
    await removeIndices(peer, foreign)
  })

  test('the plugin is found by itself, and several shards still give both lists', async () => {
    const client = testClient(inject('opensearchUrl'))
    const cache = new SearchCache()
    expect(await cache.hasNeuralSearch(peer)).toBe(true)
    expect(await cache.hasNeuralSearch(client)).toBe(true)
    expect(await new SearchCache().hasNeuralSearch(client)).toBe(false)
    const found = await search(
      peer,
      { ...model, cache },
      { index: sharded, text: 'wing bird', mode: 'hybrid', fusion: MIN_MAX },
    )
    expect(found.hits).toHaveLength(10)
  })

  test.skipIf(!hasPeerPlugin)(
    'the query lexpand becomes the Lucene query that neural_sparse becomes',
    async () => {
      const text = 'wing flight bird river'
      const tokens = encodeQuery(text, model.tokenizer, model.queryTable)
      const query_tokens = Object.fromEntries(tokens.map(({ token, weight }) => [token, weight]))
      const field = specification.sparse_field
      const parts = async (query: object) => {
        const { body } = await peer.search({ index, body: { query, profile: true } as never })
        const { profile } = body as { profile?: unknown }
        const found = JSON.stringify(profile).match(/"type":"BooleanQuery","description":"(.*?)","time/)?.[1]
        return found?.split(' ').sort()
      }
      const ours = await parts({ lexpand: { field, query: text } })
      expect(ours?.join(' ')).toContain('wing')
      expect(ours).toEqual(await parts({ neural_sparse: { [field]: { query_tokens } } }))
    },
  )

  test.skipIf(!hasPeerPlugin)(
    'hybrid ranks vectors in lexpand_impacts alike in the engine and in the client',
    async () => {
      const impacts = `${index}-impacts`
      await installIndex(peer, impacts, specification, { vectorType: 'lexpand_impacts' })
      await storeReady(peer, impacts, specification, DOCUMENTS)
      const request = {
        index: impacts,
        text: 'wing bird',
        mode: 'hybrid',
        fusion: MIN_MAX,
        size: 10,
      } as const
      const engine = await ask({ ...request, fuseIn: 'engine' })
      expect(engine.hits).toHaveLength(10)
      expect(ids(await ask({ ...request, fuseIn: 'client' }))).toEqual(ids(engine))
    },
  )
})
