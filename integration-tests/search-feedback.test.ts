import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type IndexSpecification, installIndex, SEARCH_CHOICE, specificationFor } from '../mappings/index.ts'
import { loadModel, type Model } from '../models/index.ts'
import { buildQuery, SearchCache, type SearchRequest, type SearchResult, search } from '../pipelines/index.ts'
import { sampleDocuments, storeReady } from './fixtures/sample-documents.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const DOCUMENTS = sampleDocuments(300)
const index = uniqueName('feedback')
const text = 'bird river'
const feedback = { documents: 3, pieces: 10, weight: 0.5 }
const made: string[] = [index]
let client: Client
let model: Model
let specification: IndexSpecification

beforeAll(async () => {
  client = testClient(inject('opensearchUrl'))
  model = await loadModel()
  specification = specificationFor(model, { fields: ['title', 'body'] })
  await installIndex(client, index, specification, {
    mapping: { properties: { group: { type: 'integer' } } },
  })
  await storeReady(client, index, specification, DOCUMENTS)
})

afterAll(async () => {
  await removeIndices(client, ...made)
})

async function another(subject: string, options: Parameters<typeof installIndex>[3] = {}): Promise<string> {
  const name = uniqueName(subject)
  made.push(name)
  await installIndex(client, name, specification, options)
  return name
}

function ask(request: Partial<SearchRequest> = {}): Promise<SearchResult> {
  return search(client, model, { index, text, feedback, ...request })
}

const ids = ({ hits }: SearchResult) => hits.map(({ id }) => id)
const vectorOf = (id: string) => DOCUMENTS.find((document) => document.id === id)?.vector ?? {}

describe('feedback', () => {
  test.each([
    ['sparse', 'sparse'],
    ['sparse', 'hybrid'],
    ['hybrid', 'sparse'],
    ['hybrid', 'hybrid'],
  ] as const)(
    'first hits by %s, ranking by %s: scores are those of both queries together',
    async (from, mode) => {
      const first = await ask({ mode: from, feedback: 'off', size: 3 })
      const plain = await ask({ mode, feedback: 'off', size: 300 })
      const fed = await ask({ mode, feedback: { ...feedback, from }, size: 300 })
      expect(fed.feedback?.documents).toEqual(ids(first))
      const pieces = fed.feedback?.pieces ?? []
      expect(pieces.length).toBe(10)
      const inFirst = first.hits.flatMap(({ id }) => Object.keys(vectorOf(id)))
      expect(inFirst).toEqual(expect.arrayContaining(pieces.map(({ token }) => token)))
      for (const { id, score } of fed.hits) {
        const own = plain.hits.find((hit) => hit.id === id)?.score ?? 0
        const added = pieces.reduce((sum, { token, weight }) => sum + weight * (vectorOf(id)[token] ?? 0), 0)
        expect(Math.abs(score - own - added)).toBeLessThan(0.01 * score)
      }
      expect(fed.hits.length).toBeGreaterThanOrEqual(plain.hits.length)
    },
  )

  test('its weights sum up to a share of those of the query', async () => {
    const { hits, feedback: report } = await ask({ mode: 'sparse', explain: true, size: 300 })
    const added = new Map(report?.pieces.map(({ token, weight }) => [token, weight]))
    const all = new Map(
      hits.flatMap(({ explanation = [] }) => explanation.map((one) => [one.token, one.queryWeight])),
    )
    const own = ['bird', 'river'].reduce(
      (sum, word) => sum + (all.get(word) ?? 0) - (added.get(word) ?? 0),
      0,
    )
    expect([...added.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(0.5 * own, 3)
  })

  test('explanations say which pieces the first hits have added, and still add up to the score', async () => {
    const { hits, feedback: report } = await ask({ explain: true, highlight: true })
    const added = new Set(report?.pieces.map(({ token }) => token))
    for (const { score, explanation = [], shares, highlights = [] } of hits) {
      const sparse = explanation.reduce((sum, { contribution }) => sum + contribution, 0)
      expect((shares?.sparse ?? 0) + (shares?.lexical ?? 0)).toBeCloseTo(score, 2)
      expect(shares?.sparse).toBeCloseTo(sparse, 6)
      for (const { token, feedback: isAdded } of explanation) {
        expect(isAdded ?? false).toBe(!['bird', 'river'].includes(token))
        if (isAdded) expect(added).toContain(token)
      }
      const marked = [...highlights.join(' ').matchAll(/<em>(.*?)<\/em>/g)].map(([, word]) => word)
      expect(['bird', 'river']).toEqual(expect.arrayContaining([...new Set(marked)]))
    }
  })

  test('every page belongs to one list, whose feedback is that of its first hits', async () => {
    const whole = await ask({ size: 300 })
    const pages = await Promise.all([0, 40, 80, 120].map((from) => ask({ from, size: 40 })))
    expect(pages.flatMap(ids)).toEqual(ids(whole).slice(0, 160))
    for (const page of pages) expect(page.feedback).toEqual(whole.feedback)
    const collapsed = await ask({ collapse: { field: 'group' }, from: 2, size: 2 })
    expect(collapsed.feedback).toEqual(whole.feedback)
    expect(collapsed.hits).toHaveLength(2)
    const pit = await client.createPit({ index: [index], keep_alive: '1m' })
    const sort = [{ _score: { order: 'desc' } }, { group: { order: 'asc' } }]
    const seen: string[] = []
    let after: SearchRequest['searchAfter']
    let id = String(pit.body.pit_id)
    for (;;) {
      const page = await ask({ sort, searchAfter: after, pit: { id }, size: 70 })
      if (page.hits.length === 0) break
      expect(page.feedback).toEqual(whole.feedback)
      seen.push(...ids(page))
      after = page.hits.at(-1)?.sort
      id = page.pitId ?? id
    }
    expect(seen.toSorted()).toEqual(ids(whole).toSorted())
    await client.deletePit({ body: { pit_id: [id] } })
  })

  test('learns only from what the filters let through', async () => {
    const fed = await ask({ filter: { term: { group: 2 } } })
    expect(new Set(fed.hits.map(({ source }) => source.group))).toEqual(new Set([2]))
    const groups = fed.feedback?.documents.map((id) => DOCUMENTS.find((one) => one.id === id)?.group)
    expect(groups).toEqual([2, 2, 2])
    const narrowed = await ask({ postFilter: { term: { group: 1 } } })
    expect(narrowed.feedback?.documents.map((id) => DOCUMENTS.find((one) => one.id === id)?.group)).toEqual([
      1, 1, 1,
    ])
  })

  test('adds nothing, and finds nothing more, where no score orders the hits', async () => {
    const sorted = await ask({ sort: [{ group: 'asc' }], size: 300, trackTotalHits: true })
    const counted = await ask({ size: 0, trackTotalHits: true })
    const plain = await ask({ feedback: 'off', size: 300, trackTotalHits: true })
    expect([sorted.feedback, counted.feedback]).toEqual([undefined, undefined])
    expect([sorted.total, counted.total]).toEqual([plain.total, plain.total])
  })

  test('buildQuery gives the query that search sends', async () => {
    const { query, scale } = await buildQuery(client, model, { index, text, feedback })
    const own = await client.search({ index, body: { query, size: 20 } as object })
    const { hits } = await ask({ size: 20 })
    expect(own.body.hits.hits.map(({ _id }) => _id)).toEqual(hits.map(({ id }) => id))
    expect(Number(own.body.hits.hits[0]?._score) / scale).toBeCloseTo(hits[0]?.score ?? 0, 3)
  })

  test('vectors in the source that no encoder made harm no search', async () => {
    const hostile = await another('hostile')
    const vectors: readonly Record<string, number>[] = [
      { bird: 1, constructor: 3, toString: 2 },
      { bird: 64, '[CLS]': 50, nosuchpiece: 9 },
      { river: 1e-30 },
    ]
    await storeReady(
      client,
      hostile,
      specification,
      DOCUMENTS.slice(0, 3).map((document, at) => ({
        ...document,
        vector: vectors[at] ?? {},
      })),
    )
    const { hits, feedback: report } = await ask({ index: hostile })
    expect(hits.length).toBeGreaterThan(0)
    expect(report?.pieces.every(({ token, weight }) => weight > 0 && weight <= 64 && token !== '[CLS]')).toBe(
      true,
    )
  })

  test('is refused by name where vectors cannot be read back, in bm25, and with two lists; auto then does without', async () => {
    const lean = await another('lean', { mapping: { _source: { excludes: ['body_sparse'] } } })
    await storeReady(client, lean, specification, DOCUMENTS.slice(0, 20))
    await expect(ask({ index: lean })).rejects.toThrow('expected vectors in _source')
    expect((await ask({ index: lean, feedback: 'auto' })).feedback).toBeUndefined()
    await expect(ask({ mode: 'bm25' })).rejects.toMatchObject({ code: 'QUERY' })
    await expect(ask({ fusion: { type: 'rrf' } })).rejects.toMatchObject({ code: 'QUERY' })
  })

  test.each([0, 11, 1.5, Number.NaN])('refuses %d documents', async (documents) => {
    await expect(ask({ feedback: { documents } })).rejects.toMatchObject({ code: 'QUERY' })
  })

  test('a query of all the clauses that the engine takes is answered', async () => {
    const words = Array.from(
      { length: 1_000 },
      (_, at) => `${['bird', 'river', 'stone', 'light'][at % 4]}${at}`,
    ).join(' ')
    expect((await ask({ text: words })).hits.length).toBe(10)
    expect((await ask({ text: words, mode: 'sparse' })).hits.length).toBe(10)
  })

  test('documents without a vector stay where their words put them', async () => {
    const filling = await another('filling')
    await storeReady(client, filling, specification, DOCUMENTS.slice(0, 60))
    await client.index({
      index: filling,
      id: 'fresh',
      body: { title: 'bird river', lexpand: { state: 'pending' } },
      refresh: true,
    })
    const fresh = { ...model, cache: new SearchCache() }
    const { hits, coverage } = await search(client, fresh, { index: filling, text, feedback, size: 61 })
    expect(coverage).toBeLessThan(1)
    expect(hits.map(({ id }) => id)).toContain('fresh')
    const none = await search(client, fresh, {
      index: filling,
      text,
      feedback,
      filter: { ids: { values: ['fresh'] } },
    })
    expect([ids(none), none.feedback]).toEqual([['fresh'], undefined])
  })
})

describe('a stored choice', () => {
  test('auto is off until something was measured; then it and the balance are those of the index', async () => {
    const chosen = await another('chosen')
    await storeReady(client, chosen, specification, DOCUMENTS)
    const fresh = () => ({ ...model, cache: new SearchCache() })
    const before = await search(client, fresh(), { index: chosen, text })
    expect([before.feedback, before.balance]).toEqual([undefined, 0.15])
    const { fingerprint } = specification
    await store(chosen, { version: 1, fingerprint: 'of other vectors', balance: 0.4, feedback })
    expect((await search(client, fresh(), { index: chosen, text })).balance).toBe(0.15)
    await store(chosen, { version: 1, fingerprint, balance: 0.4, feedback })
    const after = await search(client, fresh(), { index: chosen, text })
    expect(after.balance).toBe(0.4)
    expect(after.feedback?.pieces).toHaveLength(10)
    const asked = { index: chosen, text, feedback: 'off', fusion: { type: 'sum', balance: 0.15 } } as const
    expect(ids(await search(client, fresh(), asked))).toEqual(ids(before))
    const both = await search(client, fresh(), { index: [chosen, index], text })
    expect([both.feedback, both.balance]).toEqual([undefined, 0.15])
    await store(chosen, { version: 1, fingerprint, feedback: { documents: 1e9 } })
    await expect(search(client, fresh(), { index: chosen, text })).rejects.toThrow('lexpand advise --store')
  })

  async function store(name: string, choice: object): Promise<void> {
    const { body } = await client.indices.getMapping({ index: name })
    const _meta = { ...body[name]?.mappings?._meta, [SEARCH_CHOICE]: choice }
    await client.indices.putMapping({ index: name, body: { _meta } })
  }
})
