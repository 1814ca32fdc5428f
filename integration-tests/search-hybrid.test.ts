import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { installIndex, specificationFor } from '../mappings/index.ts'
import { loadModel } from '../models/index.ts'
import { buildQuery, SearchCache, type SearchRequest, type SearchResult, search } from '../pipelines/index.ts'
import { sampleDocuments, sampleQueries, storeReady } from './fixtures/sample-documents.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const DOCUMENTS = sampleDocuments(400)
const QUERIES = sampleQueries(20)
const index = uniqueName('hybrid')
const second = uniqueName('hybrid-second')
const client = testClient(inject('opensearchUrl'))
const model = await loadModel()
const specification = specificationFor(model, { fields: ['title', 'body'] })

beforeAll(async () => {
  const mapping = { properties: { group: { type: 'integer' } } }
  for (const name of [index, second]) await installIndex(client, name, specification, { mapping })
  await storeReady(client, index, specification, DOCUMENTS)
  await storeReady(client, second, specification, DOCUMENTS.slice(0, 30))
})

afterAll(async () => {
  await removeIndices(client, index, second)
})

function ask(request: Partial<SearchRequest> & { readonly text: string }): Promise<SearchResult> {
  return search(client, model, { index, ...request })
}

/** Weights like those of an encoder: larger for repeated words and for words of short texts, with a little noise. */
function likelyVector({ title, body }: { title: string; body: string }): Record<string, number> {
  const words = `${title} ${body}`.split(' ')
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return Object.fromEntries(
    [...counts].map(([word, count], at) => {
      const weight = (1.3 * count) / (count + 0.5 + words.length / 60) + 0.01 * (at % 7)
      return [word, Number(weight.toPrecision(5))]
    }),
  )
}

const ids = ({ hits }: SearchResult) => hits.map(({ id }) => id)

describe('one pass', () => {
  test.each([2, 0.3, 0.01, 0])('at balance %d scores are sparse + balance x BM25', async (balance) => {
    for (const text of QUERIES.slice(0, 8)) {
      const size = DOCUMENTS.length
      const [lexical, sparse] = await Promise.all([
        ask({ text, mode: 'bm25', size }),
        ask({ text, mode: 'sparse', size }),
      ])
      const share = (list: SearchResult, id: string) => list.hits.find((hit) => hit.id === id)?.score ?? 0
      const both = await ask({ text, fusion: { type: 'sum', balance }, size, explain: true })
      expect(both).toMatchObject({ mode: 'hybrid', coverage: 1, balance })
      const found = balance === 0 ? ids(sparse) : [...ids(lexical), ...ids(sparse)]
      expect(new Set(ids(both))).toEqual(new Set(found))
      for (const { id, score, shares } of both.hits) {
        const [ofText, ofVector] = [balance * share(lexical, id), share(sparse, id)]
        expect(score).toBeCloseTo(ofText + ofVector, 3)
        expect(shares?.sparse).toBeCloseTo(ofVector, 3)
        expect(shares?.lexical).toBeCloseTo(ofText, 3)
      }
    }
  })

  test('is what a search does whose request names nothing', async () => {
    const result = await ask({ text: 'wing bird' })
    expect(result).toMatchObject({ mode: 'hybrid', coverage: 1 })
    expect(result.balance).toBeGreaterThan(0)
    expect(ids(result)).toEqual(ids(await ask({ text: 'wing bird', mode: 'hybrid' })))
  })

  test('pages are disjoint parts of one list, however they are cut', async () => {
    const whole = ids(await ask({ text: 'bird river stone light', size: 400 }))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 150 }), fc.nat(300), async (size, from) => {
        const page = await ask({ text: 'bird river stone light', size, from })
        expect(ids(page)).toEqual(whole.slice(from, from + size))
      }),
      { numRuns: 25 },
    )
  })

  test('a document without its vector is neither on top nor buried: it stands within a third of the hits of its later place', async () => {
    const filling = uniqueName('filling')
    const documents = DOCUMENTS.slice(0, 120).map((document, at) => {
      // More or fewer words of the query, among words that stand in no query.
      const words = ['wing', 'flight', 'bird', 'lift'].filter((_, bit) => at & (1 << bit))
      const repeated = words.flatMap((word, nth) => Array(1 + ((at + nth) % 3)).fill(word))
      const filler = Array.from({ length: 12 + (at % 17) }, (_, nth) => `plain${(at * 7 + nth) % 90}`)
      const texts = { title: `plain${at}`, body: [...repeated, ...filler].join(' ') }
      return { ...document, ...texts, vector: likelyVector(texts) }
    })
    await installIndex(client, filling, specification)
    await storeReady(client, filling, specification, documents)
    const fresh = () => ({ ...model, cache: new SearchCache() })
    for (const text of ['wing flight bird', 'lift flight']) {
      const before = await search(client, fresh(), { index: filling, text, size: 400 })
      for (const share of [0.05, 0.3, 0.6]) {
        const rank = Math.floor(share * before.hits.length)
        const document = documents.find(({ id }) => id === before.hits[rank]?.id)
        if (document === undefined) throw new Error('expected a hit of ours')
        const { id, title, body, group } = document
        const pending = { title, body, group, lexpand: { state: 'pending' } }
        await client.index({ index: filling, id, body: pending, refresh: true })
        const meanwhile = await search(client, fresh(), { index: filling, text, size: 400 })
        expect(meanwhile.coverage).toBeCloseTo(119 / 120, 5)
        expect(Math.abs(ids(meanwhile).indexOf(id) - rank) / before.hits.length).toBeLessThan(0.35)
        await storeReady(client, filling, specification, [document])
        const after = await search(client, fresh(), { index: filling, text, size: 400 })
        // BM25 counts versions that are replaced until they are merged away.
        expect(Math.abs(ids(after).indexOf(id) - rank)).toBeLessThanOrEqual(3)
      }
    }
    await removeIndices(client, filling)
  })

  test('documents that Lexpand never saw are found, too, and counted as without a vector', async () => {
    const filling = uniqueName('filling')
    await installIndex(client, filling, specification)
    await storeReady(client, filling, specification, DOCUMENTS.slice(0, 3))
    await client.index({
      index: filling,
      id: 'pending',
      body: { title: 'unseen', lexpand: { state: 'pending' } },
    })
    await client.index({ index: filling, id: 'no sidecar', body: { title: 'unseen' }, refresh: true })
    const found = await search(client, model, { index: filling, text: 'unseen words' })
    expect(found.coverage).toBe(0.6)
    expect(ids(found).toSorted()).toEqual(['no sidecar', 'pending'])
    await removeIndices(client, filling)
  })

  test('text that no query can reach is searched by its vectors alone', async () => {
    const hidden = uniqueName('hidden')
    const properties = { text: { type: 'text', index: false } }
    const own = specificationFor(model, { fields: ['text'] })
    await installIndex(client, hidden, own, { mapping: { properties } })
    expect(await search(client, model, { index: hidden, text: 'wing' })).toMatchObject({ mode: 'sparse' })
    await removeIndices(client, hidden)
  })

  test('a text of thousands of words is answered, not refused', async () => {
    const text = Array.from({ length: 2_500 }, (_, at) => `bird${at % 700}`).join(' ')
    expect((await ask({ text })).mode).toBe('hybrid')
  })

  test('half a character and other remains of a cut paste are searched for what is left', async () => {
    const emoji = `${'x'.repeat(63)}👍 wing`
    for (const text of [emoji, 'wing \ud83d', '\udc4d wing']) expect(ids(await ask({ text })).length).toBe(10)
  })
})

describe('a complete search', () => {
  const text = 'bird river stone'

  test('totals and facets are those of a plain query over the same hits', async () => {
    const { query } = await buildQuery(client, model, { index, text })
    const aggregations = { group: { terms: { field: 'group' } } }
    const found = await ask({ text, aggregations, trackTotalHits: true, size: 400 })
    expect(found.total).toBe(found.hits.length)
    const plain = await client.search({
      index,
      body: { query: { ids: { values: ids(found) } }, aggs: aggregations, size: 0 } as object,
    })
    expect(found.aggregations).toEqual(plain.body.aggregations)
    const own = await client.search({ index, body: { query, aggs: aggregations, size: 10 } as object })
    expect(own.body.aggregations).toEqual(plain.body.aggregations)
    expect(own.body.hits.hits.map(({ _id }) => _id)).toEqual(ids(found).slice(0, 10))
  })

  test('sort, searchAfter and a point in time walk through all hits once', async () => {
    const sort = [{ group: { order: 'desc' } }, { _score: { order: 'desc' } }]
    const pit = await client.createPit({ index: [index], keep_alive: '1m' })
    const seen: string[] = []
    let after: SearchRequest['searchAfter']
    let id = String(pit.body.pit_id)
    for (;;) {
      const page = await ask({ text, sort, searchAfter: after, pit: { id }, size: 37 })
      if (page.hits.length === 0) break
      seen.push(...ids(page))
      after = page.hits.at(-1)?.sort
      id = page.pitId ?? id
    }
    const { total, hits } = await ask({ text, sort, size: 400, trackTotalHits: true })
    expect(seen).toHaveLength(total ?? 0)
    expect(seen.toSorted()).toEqual(hits.map((hit) => hit.id).toSorted())
    const groups = hits.map(({ source }) => Number(source.group))
    expect(groups).toEqual(groups.toSorted((a, b) => b - a))
    await client.deletePit({ body: { pit_id: [id] } })
  })

  test('collapse gives the best hit of each value, its inner hits come without vectors', async () => {
    const collapse = { field: 'group', inner_hits: { name: 'more', size: 2 } }
    const { hits } = await ask({ text, collapse })
    expect(new Set(hits.map(({ source }) => source.group)).size).toBe(hits.length)
    expect(hits).toHaveLength(5)
    const inner = JSON.stringify(hits[0]?.innerHits)
    expect(inner).toContain('"title"')
    expect(inner).not.toContain('body_sparse')
  })

  test('minScore, postFilter and boosts speak of scores as the result has them', async () => {
    const all = await ask({ text, size: 400 })
    const least = all.hits[20]?.score ?? 0
    const above = await ask({ text, size: 400, minScore: least * 0.9999 })
    expect(ids(above)).toEqual(ids(all).slice(0, above.hits.length))
    expect(above.hits.length).toBeGreaterThanOrEqual(21)
    expect(above.hits.at(-1)?.score).toBeGreaterThanOrEqual(least * 0.999)
    const aggregations = { group: { terms: { field: 'group' } } }
    const narrowed = await ask({ text, size: 400, postFilter: { term: { group: 1 } }, aggregations })
    expect(new Set(narrowed.hits.map(({ source }) => source.group))).toEqual(new Set([1]))
    expect(narrowed.aggregations?.group as object).toMatchObject({ buckets: Array(5).fill({}) })
    const boosts = [{ constant_score: { filter: { term: { group: 2 } }, boost: 3 } }]
    const boosted = await ask({ text, size: 400, boosts })
    expect(new Set(ids(boosted))).toEqual(new Set(ids(all)))
    for (const { id, score, source } of boosted.hits) {
      const plain = all.hits.find((hit) => hit.id === id)?.score ?? 0
      expect(score).toBeCloseTo(plain + (source.group === 2 ? 3 : 0), 3)
    }
  })

  test.each(['hybrid', 'sparse', 'bm25'] as const)(
    '%s: quoted phrases must match, exclusions must not',
    async (mode) => {
      const document = DOCUMENTS[7]
      const [first = '', next = ''] = (document?.body ?? '').split(' ')
      const phrased = await ask({ text: `"${first} ${next}"`, mode, size: 400 })
      expect(ids(phrased)).toContain('doc-7')
      const texts = phrased.hits.map(({ source }) => [source.title, source.body])
      expect(texts.every((fields) => fields.some((field) => `${field} `.includes(`${first} ${next} `)))).toBe(
        true,
      )
      const without = await ask({ text: 'bird -wing', mode, size: 400 })
      expect(without.hits.length).toBeGreaterThan(5)
      expect(
        without.hits.some(({ source }) => `${source.title} ${source.body}`.split(' ').includes('wing')),
      ).toBe(false)
      expect(
        (await ask({ text: 'bird -wing', mode, size: 400, operators: false })).hits.length,
      ).toBeGreaterThan(without.hits.length)
    },
  )

  test('several indices answer as one where their models agree, and are refused by name where not', async () => {
    const both = await search(client, model, {
      index: [index, second],
      text,
      size: 400,
      trackTotalHits: true,
    })
    const [a, b] = await Promise.all([ask({ text, size: 400 }), ask({ text, size: 400, index: second })])
    expect(both.total).toBe(a.hits.length + b.hits.length)
    expect(new Set(both.hits.map((hit) => hit.index))).toEqual(new Set([index, second]))
    const alias = uniqueName('both')
    for (const name of [index, second]) await client.indices.putAlias({ index: name, name: alias })
    const aliased = await search(client, model, { index: alias, text, size: 400 })
    expect(ids(aliased).toSorted()).toEqual(ids(both).toSorted())
    const other = uniqueName('other')
    await installIndex(client, other, { ...specification, sparse_field: 'other_sparse' })
    const failure = search(client, model, { index: [index, other], text })
    await expect(failure).rejects.toMatchObject({ code: 'INDEX' })
    await expect(failure).rejects.toThrow(`${other} with sparse field other_sparse`)
    await removeIndices(client, other)
  })

  test('keeps the search pipeline of the owner', async () => {
    const hidden = uniqueName('owner')
    const body = { request_processors: [{ filter_query: { query: { term: { group: 2 } } } }] }
    await client.transport.request({ method: 'PUT', path: `/_search/pipeline/${hidden}`, body })
    await installIndex(client, hidden, specification, {
      settings: { 'index.search.default_pipeline': hidden },
    })
    await storeReady(client, hidden, specification, DOCUMENTS)
    const { hits } = await search(client, model, { index: hidden, text, size: 400 })
    expect(hits.length).toBeGreaterThan(5)
    expect(new Set(hits.map(({ source }) => source.group))).toEqual(new Set([2]))
    await removeIndices(client, hidden)
    await client.transport.request({ method: 'DELETE', path: `/_search/pipeline/${hidden}` })
  })

  test('idf auto takes little of a small index’s counts', async () => {
    // 400 documents: a fifth of the weight by the corpus.
    const [auto, model_, corpus] = await Promise.all(
      (['auto', 'model', 'corpus'] as const).map((idf) =>
        ask({ text: 'wing', mode: 'sparse', idf, size: 1 }),
      ),
    )
    const [mixed = 0, table = 0, counted = 0] = [auto, model_, corpus].map((one) => one?.hits[0]?.score)
    expect(mixed).toBeCloseTo(0.8 * table + 0.2 * counted, 3)
  })
})

describe('a conversation', () => {
  const history = ['king queen', 'garden flower']

  test.each(['hybrid', 'sparse', 'bm25'] as const)(
    '%s: earlier turns add a fifth each, what comes later decides',
    async (mode) => {
      const balance = 0.5
      const asked = { mode, idf: 'model', fusion: { type: 'sum', balance }, size: 400 } as const
      const alone = await Promise.all(
        ['wing bird', ...history.toReversed()].map((text) => ask({ text, ...asked })),
      )
      const { hits } = await ask({ text: 'wing bird', history, ...asked })
      const share = (turn: number, id: string) => alone[turn]?.hits.find((hit) => hit.id === id)?.score ?? 0
      for (const { id, score } of hits) {
        expect(score).toBeCloseTo(share(0, id) + 0.2 * share(1, id) + 0.04 * share(2, id), 3)
      }
      expect(hits.length).toBeGreaterThan(alone[0]?.hits.length ?? 0)
    },
  )

  test('rarity in the index does not bring earlier turns back', async () => {
    const [first] = (
      await ask({ text: 'wing', history: ['bird'], mode: 'sparse', idf: 'corpus', explain: true, size: 400 })
    ).hits
      .map(({ explanation = [] }) => explanation)
      .filter((explanation) => explanation.length === 2)
    const weights = new Map(first?.map(({ token, queryWeight }) => [token, queryWeight]))
    const alone = await ask({ text: 'bird', mode: 'sparse', idf: 'corpus', explain: true, size: 1 })
    const bird = alone.hits[0]?.explanation?.[0]?.queryWeight ?? 0
    expect(weights.get('bird')).toBeCloseTo(0.2 * bird, 6)
  })
})
