import { expect, test } from 'vitest'
import { scaleIn } from './text-scale.ts'

const idf = {
  value: 1.2,
  description: 'idf, computed as log(1 + (N - n + 0.5) / (n + 0.5)) from:',
  details: [],
}
const tf = { value: 0.5, description: 'tf, computed as freq / (freq + k1 * (1 - b + b * dl / avgdl)) from:' }
const term = (details: object[]) => ({
  value: 1,
  description: 'sum of:',
  details: [
    {
      value: 1,
      description: 'weight(body:wing in 3) [PerFieldSimilarity], result of:',
      details: [
        {
          value: 1,
          description: 'score(freq=1.0), computed as boost * idf * tf from:',
          details: details as never,
        },
      ],
    },
  ],
})

test('the BM25 of OpenSearch 2 is 2.2 times that of OpenSearch 3, which names no factor', () => {
  expect(scaleIn(term([{ value: 2.2, description: 'boost' }, idf, tf]))).toBe(2.2)
  expect(scaleIn(term([idf, tf]))).toBe(1)
})

test('a score that is no BM25 is taken as it is', () => {
  expect(scaleIn({ value: 1, description: 'ConstantScore(body:wing)' })).toBe(1)
})
