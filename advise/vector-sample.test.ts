import { expect, test } from 'vitest'
import { blocksOf, encodedDocument } from './vector-sample.ts'

test('blocks cover all sequence numbers once', () => {
  expect(blocksOf(10, 3)).toEqual([
    { from: 0, to: 4 },
    { from: 4, to: 8 },
    { from: 8, to: 10 },
  ])
  expect(blocksOf(2, 5)).toEqual([
    { from: 0, to: 1 },
    { from: 1, to: 2 },
  ])
  expect(blocksOf(0, 5)).toEqual([])
})

test('a stored vector is read heaviest first, without pieces that the vocabulary lacks', () => {
  const tokenizer = { idOf: (piece: string) => ({ rain: 5, snow: 6, sun: 7 })[piece] }
  expect(encodedDocument('d', { rain: 0.5, hail: 9, snow: 2, sun: 2 }, tokenizer)).toEqual({
    id: 'd',
    tokenIds: [6, 7, 5],
    weights: [2, 2, 0.5],
  })
  expect(encodedDocument('d', undefined, tokenizer).tokenIds).toEqual([])
})
