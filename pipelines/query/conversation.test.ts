import { expect, test } from 'vitest'
import { mergeTurns, turnsOf, weightedTexts } from './conversation.ts'

test('a word counts as in the newest turn that has it, earlier turns for a fifth each', () => {
  expect(weightedTexts(turnsOf('is it safe?', ['Is aspirin old?', 'who made it']))).toEqual([
    { text: 'is it safe?', weight: 1 },
    { text: 'who made', weight: 0.2 },
    { text: 'aspirin old', weight: expect.closeTo(0.04, 12) },
  ])
  expect(weightedTexts(turnsOf('same', ['same', 'Same']))).toEqual([{ text: 'same', weight: 1 }])
})

test('pieces of all turns are merged by the largest of their decayed weights', () => {
  const token = (name: string, tokenId: number, weight: number) => ({ token: name, tokenId, weight })
  const merged = mergeTurns([[token('safe', 1, 4)], [token('aspirin', 2, 10), token('safe', 1, 4)]])
  expect(merged).toEqual([token('safe', 1, 4), token('aspirin', 2, 2)])
})
