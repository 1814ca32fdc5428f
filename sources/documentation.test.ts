import { expect, test } from 'vitest'
import { documentationPassages } from './documentation.ts'
import { wordCount } from './text/passages.ts'

test('the packages installed here give at least 1,000 distinct passages, the same each time', () => {
  const options = { limit: 1_050, wordsPerPassage: 60 }
  const passages = documentationPassages(options)
  expect(passages.length).toBeGreaterThanOrEqual(1_000)
  expect(passages.length).toBeLessThanOrEqual(1_050)
  expect(new Set(passages.map(({ id }) => id)).size).toBe(passages.length)
  expect(new Set(passages.map(({ text }) => text)).size).toBe(passages.length)
  for (const { text } of passages) expect(wordCount(text)).toBeLessThanOrEqual(60)
  expect(documentationPassages(options)).toEqual(passages)
})

test('the limit holds', () => {
  expect(documentationPassages({ limit: 10, wordsPerPassage: 50 })).toHaveLength(10)
})
