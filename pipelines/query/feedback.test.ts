import { beforeAll, describe, expect, test } from 'vitest'
import { loadModel, type Model } from '../../models/index.ts'
import { feedbackCandidates, feedbackTokens, withFeedback } from './feedback.ts'

let model: Model
beforeAll(async () => {
  model = await loadModel()
})

const own = [{ token: 'wing', tokenId: 3358, weight: 6 }]
const sum = (tokens: readonly { weight: number }[]) => tokens.reduce((total, { weight }) => total + weight, 0)

describe('feedback', () => {
  test('takes the heaviest pieces of the first hits, their weights a share of the query’s', () => {
    const hits = [
      { score: 10, vector: { wing: 2, flight: 1.5, bird: 1, the: 3 } },
      { score: 10, vector: { bird: 1.2, river: 0.2 } },
    ]
    const candidates = feedbackCandidates(hits, 2, model)
    expect(candidates.map(({ token }) => token).toSorted()).toEqual(['bird', 'flight', 'river', 'wing'])
    const added = feedbackTokens(candidates, candidates, own, { pieces: 2, weight: 0.5 })
    expect(added.map(({ token }) => token).toSorted()).toEqual(['bird', 'wing'])
    expect(sum(added)).toBeCloseTo(3, 9)
    const merged = withFeedback(own, added)
    expect(sum(merged)).toBeCloseTo(9, 9)
    expect(merged[0]?.token).toBe('wing')
  })

  test('a hit far behind the first says little', () => {
    const [near, far] = [9.9, 5].map((score) => {
      const hits = [
        { score: 10, vector: { wing: 1 } },
        { score, vector: { river: 1 } },
      ]
      return feedbackCandidates(hits, 2, model).find(({ token }) => token === 'river')?.inHits ?? 0
    })
    expect(near).toBeCloseTo(0.99 ** 8, 9)
    expect(far).toBeCloseTo(0.5 ** 8, 9)
  })

  test('vectors are what anyone can have stored: only positive weights of known pieces count, and none becomes infinite', () => {
    const vector = JSON.parse(
      '{"wing": 1e308, "bird": "1.5", "river": -1, "stone": null, "light": "x", "constructor": 1, "[CLS]": 9, "a.b": 2, "__proto__": 1, "nowordpiece": 5}',
    )
    const hits = [vector, null, 'text', [1, 2], undefined].map((one) => ({ score: 1, vector: one }))
    const candidates = feedbackCandidates(hits, 50, model)
    expect(candidates.map(({ token }) => token)).toEqual(
      ['wing', 'constructor', 'bird'].filter((piece) => model.queryTable.weight(piece) > 0),
    )
    const added = feedbackTokens(candidates, candidates, own, { pieces: 50, weight: 0.2 })
    expect(added.every(({ weight }) => weight > 0 && weight <= 1.2)).toBe(true)
  })

  test('no hit and no vector add nothing', () => {
    expect(feedbackCandidates([], 20, model)).toEqual([])
    expect(feedbackCandidates([{ score: 0, vector: { wing: 1 } }], 20, model)).toHaveLength(1)
    expect(feedbackTokens([], [], own, { pieces: 20, weight: 0.2 })).toEqual([])
  })
})
