import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { type Answer, type DemoResult, demoPage, pageWidth } from './demo-page.ts'

const HIT = {
  id: 'deepmerge/README.md#1',
  score: 7.79,
  source: { title: 'Merging into a Target', package: 'deepmerge-ts', text: 'Merges objects.' },
  explanation: [
    { token: 'objects', expansion: false, contribution: 4.35 },
    { token: 'combine', expansion: true, contribution: 3.44 },
  ],
  highlights: ['This function is best used with objects that are all of the same type, whatever they hold'],
} as unknown as Answer['lexpand'][number]

const LONG_HIT = {
  ...HIT,
  explanation: undefined,
  source: { ...HIT.source, title: `sjson.parse(${'text, '.repeat(30)})`, package: 'x'.repeat(90) },
} as Answer['lexpand'][number]

const ANSWER: Answer = {
  question: 'combine two objects',
  bm25: [LONG_HIT],
  lexpand: [HIT, LONG_HIT],
  bm25Rank: 46,
  bm25Depth: 100,
}

function page(answers: readonly Answer[], width = 100): string[] {
  const counts = {
    index: 'lexpand-demo',
    passages: 1050,
    packages: 228,
    encoded: 1050,
    unchanged: 0,
    failed: 0,
  }
  const result: DemoResult = { ...counts, seconds: 24.3, answers }
  return stripVTControlCharacters(demoPage(result, width)).split('\n')
}

test.each([60, 80, 100, 160])('no line is longer than %i columns, and the rules fill them', (width) => {
  const lengths = page([ANSWER, ANSWER, ANSWER], width).map((line) => line.length)
  expect(Math.max(...lengths)).toBe(width)
})

test.each([
  [undefined, 100],
  [20, 60],
  [80, 80],
  [160, 160],
  [400, 160],
])('a terminal of %s columns gets a page of %i', (columns, width) => {
  expect(pageWidth(columns)).toBe(width)
})

test('each question tells what BM25 missed and why', () => {
  expect(page([ANSWER], 160)).toContain(
    'Why: "Merging into a Target" never says "combine": the encoder added it (*) when it was indexed. BM25 has the passage at rank 46.',
  )
})

test.each([
  [{ bm25Rank: null }, 'BM25 has the passage nowhere in its first 100.'],
  [{ bm25Rank: 1 }, 'BM25 has the passage first, too.'],
  [{ lexpand: [{ ...HIT, explanation: [] }] }, 'says the words of the question itself.'],
  [{ lexpand: [], bm25Rank: null }, 'Why: no passage has any of these words'],
])('other outcomes are told as they are: %j', (change, expected) => {
  expect(page([{ ...ANSWER, ...change }], 160).join('\n')).toContain(expected)
})

test('the page ends with one line of sum and the next steps', () => {
  const last = page([ANSWER, { ...ANSWER, bm25Rank: null }, { ...ANSWER, bm25Rank: 5 }], 80).slice(-4)
  expect(last[0]).toBe('In sum: what Lexpand puts first, BM25 has at rank 46, beyond 100 and 5.')
  expect(last[1]).toBe('Next: npx lexpand search "your own question" --index lexpand-demo --explain')
})
