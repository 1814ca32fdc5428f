import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type IndexSpecification, installIndex, specificationFor } from '../mappings/index.ts'
import { loadModel } from '../models/index.ts'
import { SearchCache, type SearchRequest, type SearchResult, search } from '../pipelines/index.ts'
import { encodeQuery, QueryTable, type WordPieceTokenizer } from '../sparse/index.ts'
import { truncateToFeatureField } from '../sparse/vectors/stored-weight.ts'
import { sampleDocuments, sampleQueries, storeReady } from './fixtures/sample-documents.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const client = testClient(inject('opensearchUrl'))
const DOCUMENTS = sampleDocuments(600)
const QUERIES = sampleQueries(60)
const FIELDS = ['title', 'body']
const cache = new SearchCache()
const index = uniqueName('two-phase')
const sharded = `${index}-sharded`
let tokenizer: WordPieceTokenizer
/** Weights from .1 to 8, as tables of other models have them: a third is below the cut. */
let queryTable: QueryTable
let specification: IndexSpecification

beforeAll(async () => {
  const model = await loadModel()
  tokenizer = model.tokenizer
  const words = [...new Set(DOCUMENTS.flatMap(({ vector }) => Object.keys(vector)))].sort()
  queryTable = new QueryTable(Object.fromEntries(words.map((word, at) => [word, 0.1 + ((at * 7) % 60) / 8])))
  const manifest = { ...model.manifest, query_table_hash: queryTable.hash }
  specification = {
    ...specificationFor({ identity: model.identity, manifest }, { fields: FIELDS }),
    fingerprint: 'f'.repeat(16),
  }
  for (const [name, shards] of [
    [index, 1],
    [sharded, 3],
  ] as const) {
    await installIndex(client, name, specification, { shards })
    await storeReady(client, name, specification, DOCUMENTS)
  }
})

afterAll(async () => {
  await removeIndices(client, index, sharded)
})

function ask(request: Omit<SearchRequest, 'index' | 'mode'>, name = index): Promise<SearchResult> {
  return search(
    client,
    { tokenizer, queryTable, cache },
    { index: name, mode: 'sparse', idf: 'model', ...request },
  )
}

function tokensOf(text: string) {
  return encodeQuery(text, tokenizer, queryTable)
}

/** Scores of all documents by hand, best first. */
function exact(text: string): number[] {
  const tokens = tokensOf(text)
  return DOCUMENTS.map(({ vector }) =>
    tokens.reduce((sum, { token, weight }) => sum + weight * truncateToFeatureField(vector[token] ?? 0), 0),
  ).sort((a, b) => b - a)
}

const scores = ({ hits }: SearchResult) => hits.map(({ score }) => score)
const ids = ({ hits }: SearchResult) => hits.map(({ id }) => id)
const twoSided = () =>
  QUERIES.filter((text) => {
    const weights = tokensOf(text).map(({ weight }) => weight)
    return weights.some((weight) => weight < 2) && weights.some((weight) => weight >= 2)
  })

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length)
  found.forEach((score, at) => {
    expect(score / (expected[at] ?? 0)).toBeCloseTo(1, 5)
  })
}

describe('two-phase scoring', () => {
  test('a window over everything gives the scores of the exact dot product', async () => {
    expect(twoSided().length).toBeGreaterThan(15)
    for (const text of twoSided()) {
      const found = await ask({ text, twoPhase: { window: 1_000 } })
      expect(found.twoPhase).toMatchObject({ cut: 2, window: 1_000 })
      expectClose(scores(found), exact(text).slice(0, 10))
    }
  })

  test.each([1, 3])(
    'what is proven is exact, on %i shards; a small window proves less and errs',
    async (shards) => {
      const outcomes = { proven: 0, unproven: 0, wrong: 0 }
      for (const text of twoSided()) {
        for (const window of [5, 20, 160]) {
          const request = { text, size: 5, twoPhase: { window, prove: true } }
          const found = await ask(request, shards === 1 ? index : sharded)
          const best = exact(text).slice(0, 5)
          const isRight = scores(found).every((score, at) => Math.abs(score / (best[at] ?? 0) - 1) < 1e-5)
          if (found.twoPhase?.exact) {
            outcomes.proven++
            expectClose(scores(found), best)
          } else outcomes.unproven++
          if (!isRight) outcomes.wrong++
        }
      }
      expect(outcomes.proven).toBeGreaterThan(5)
      expect(outcomes.unproven).toBeGreaterThan(5)
      expect(outcomes.wrong).toBeGreaterThan(0)
    },
  )

  test('pages of one window are parts of one list, and a page behind the window doubles it', async () => {
    const [text = ''] = twoSided()
    const list = await ask({ text, size: 40, twoPhase: { window: 40 } })
    const pages = await Promise.all(
      [0, 10, 20, 30].map((from) => ask({ text, from, size: 10, twoPhase: { window: 40 } })),
    )
    expect(pages.flatMap(ids)).toEqual(ids(list))
    const behind = await ask({ text, from: 40, size: 10, twoPhase: { window: 40 } })
    expect(behind.twoPhase?.window).toBe(80)
  })

  test('filters narrow both phases and their proof', async () => {
    for (const text of twoSided().slice(0, 10)) {
      const filter = { term: { group: 2 } }
      const found = await ask({ text, filter, twoPhase: { window: 300, prove: true } })
      const whole = await ask({ text, filter })
      expect(found.hits.every(({ source }) => source.group === 2)).toBe(true)
      if (found.twoPhase?.exact) expectClose(scores(found), scores(whole))
    }
  })

  test('contributions add up to the score of both phases', async () => {
    for (const text of twoSided().slice(0, 10)) {
      for (const { score, explanation = [] } of (await ask({ text, explain: true, twoPhase: {} })).hits) {
        const sum = explanation.reduce((total, { contribution }) => total + contribution, 0)
        expect(sum / score).toBeCloseTo(1, 4)
      }
    }
  })

  test('the whole query answers where the cut finds nothing to do, or all hits are counted', async () => {
    const [text = ''] = twoSided()
    const plain = await ask({ text })
    const uncut = await ask({ text, twoPhase: { cut: 0.01 } })
    expect(uncut.twoPhase).toBeUndefined()
    expect(scores(uncut)).toEqual(scores(plain))
    const counted = await ask({ text, trackTotalHits: true, twoPhase: {} })
    expect(counted.twoPhase).toBeUndefined()
    expect(counted.total).toBe(exact(text).filter((score) => score > 0).length)
  })

  test('the bundled table leaves nothing below the cut; weights by the index do', async () => {
    const bundled = (await loadModel()).queryTable
    const weights = [...Array(tokenizer.vocabularySize).keys()]
      .map((id) => bundled.weight(tokenizer.piece(id) ?? ''))
      .filter((weight) => weight > 0)
    expect(Math.min(...weights)).toBeGreaterThan(2)
    const results = await Promise.all(
      QUERIES.slice(0, 10).map((text) => ask({ text, idf: 'corpus', twoPhase: { cut: 1 } })),
    )
    expect(results.some(({ twoPhase }) => twoPhase !== undefined)).toBe(true)
  })
})
