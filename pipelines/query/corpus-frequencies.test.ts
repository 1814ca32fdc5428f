import type { Client } from '@opensearch-project/opensearch'
import { expect, test, vi } from 'vitest'
import { FrequencyCache, weightTokens } from './corpus-frequencies.ts'

const COUNTS: Readonly<Record<string, number>> = { rain: 3, snow: 1, __proto__x: 2 }
const READY = 10
const A = { index: 'a', field: 'text_sparse', vectorType: 'rank_features' } as const

interface Counted {
  readonly query: { readonly rank_feature?: { readonly field: string } }
}

/** An engine with 10 documents and the counts above. */
function engine() {
  const msearch = vi.fn(async ({ body }: { body: object[] }) => ({
    body: {
      responses: (body.filter((_, at) => at % 2 === 1) as Counted[]).map(({ query }) => {
        const piece = query.rank_feature?.field.replace('text_sparse.', '')
        const value = piece === undefined ? READY : (COUNTS[piece] ?? 0)
        return { hits: { total: { value, relation: 'eq' } }, status: 200 }
      }),
    },
  }))
  return { client: { msearch } as unknown as Client, msearch }
}

test('counts every piece and the documents in one request', async () => {
  const { client, msearch } = engine()
  const found = await new FrequencyCache().frequencies(client, A, ['rain', 'hail'])
  expect(found).toEqual({
    documents: READY,
    frequencies: new Map([
      ['rain', 3],
      ['hail', 0],
    ]),
  })
  expect(msearch).toHaveBeenCalledTimes(1)
})

test('counts lexpand_impacts by term, which rank_feature would find nothing in', async () => {
  const { client, msearch } = engine()
  const impacts = { ...A, vectorType: 'lexpand_impacts' } as const
  await new FrequencyCache().frequencies(client, impacts, ['rain'])
  expect(msearch.mock.calls[0]?.[0].body[1]).toMatchObject({
    query: { term: { text_sparse: { value: 'rain' } } },
  })
})

test('asks for what it does not know only', async () => {
  const { client, msearch } = engine()
  const cache = new FrequencyCache()
  await cache.frequencies(client, A, ['rain'])
  await cache.frequencies(client, A, ['rain'])
  expect(msearch).toHaveBeenCalledTimes(1)
  const later = await cache.frequencies(client, A, ['rain', 'snow'])
  expect(later.frequencies.get('snow')).toBe(1)
  expect(msearch.mock.calls[1]?.[0].body).toHaveLength(2)
  await cache.frequencies(client, { ...A, index: 'b' }, ['rain'])
  expect(msearch).toHaveBeenCalledTimes(3)
})

test('counts anew what is older than its lifetime, and forgets the oldest beyond its capacity', async () => {
  const { client, msearch } = engine()
  const forgetful = new FrequencyCache(0)
  await forgetful.frequencies(client, A, ['rain'])
  await forgetful.frequencies(client, A, ['rain'])
  expect(msearch).toHaveBeenCalledTimes(2)

  const small = new FrequencyCache(60_000, 2)
  await small.frequencies(client, A, ['rain', 'snow', 'hail'])
  await small.frequencies(client, A, ['rain'])
  expect(msearch).toHaveBeenCalledTimes(4)
})

test('the failure of one count is an error, not a count of 0', async () => {
  const error = { type: 'index_not_found_exception', reason: 'no such index [a]' }
  const msearch = async () => ({ body: { responses: [{ error, status: 404 }] } })
  const client = { msearch } as unknown as Client
  await expect(new FrequencyCache().frequencies(client, A, [])).rejects.toThrow(/index a/)
})

test('the weights of the table need no count', async () => {
  const { client, msearch } = engine()
  const cache = new FrequencyCache()
  const count = (pieces: readonly string[]) => cache.frequencies(client, A, pieces)
  const tokens = [{ token: 'rain', tokenId: 1, weight: 5 }]
  expect(await weightTokens(tokens, 'model', count)).toBe(tokens)
  expect(msearch).not.toHaveBeenCalled()
  const [rain] = await weightTokens(tokens, 'corpus', count)
  expect(rain?.weight).toBeCloseTo(Math.log(1 + 7.5 / 3.5), 12)
})
