import { expect, test } from 'vitest'
import type { SearchResult } from '../../pipelines/index.ts'
import { resultPage } from './search-page.ts'

const hit = { id: '1', index: 'docs', score: 4.49, source: { title: 'Merging' } }
const explanation = [
  { token: 'combine', queryWeight: 2, documentWeight: 1, contribution: 2, expansion: true },
  { token: '##s', queryWeight: 1, documentWeight: 1.21, contribution: 1.21, expansion: false },
]

function page(hits: SearchResult['hits']): string[] {
  return resultPage({ mode: 'hybrid', hits, tookMs: 1, engineTookMs: 1 }, ['title'], 0).split('\n')
}

test('an explanation names the share of BM25, which is no word piece, and says what its marks mean', () => {
  const explained = page([{ ...hit, explanation, shares: { sparse: 3.21, lexical: 1.28 } }])
  expect(explained[3]).toBe('     combine* 2.00 + ##s 1.21 + BM25 1.28')
  expect(explained.at(-1)).toMatch(/\*.*##/)
})

test('a page without explanations has no marks to explain', () => {
  expect(page([hit])).toHaveLength(3)
})

test('texts in lists and nested objects are shown as texts, and other values as they are', () => {
  const source = {
    title: ['first part', 'second part'],
    parts: [{ text: 'deep' }, { text: 'river' }],
    year: 1999,
  }
  const result = { mode: 'bm25', hits: [{ ...hit, source }], tookMs: 1, engineTookMs: 1 } as const
  expect(resultPage(result, ['title', 'parts.text', 'year'], 0).split('\n')[2]).toBe(
    '     first part second part | deep river | 1999',
  )
})
