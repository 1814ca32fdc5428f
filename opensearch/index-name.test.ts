import { expect, test } from 'vitest'
import { assertIndexName } from './index-name.ts'

test.each(['a', 'articles', 'articles-000002', 'a.b+c_d', 'büchér', '1'])('%s may be an index', (name) => {
  expect(assertIndexName(name, 'part')).toBe(name)
})

test.each([
  '',
  '.',
  '..',
  '.hidden',
  '-x',
  '_all',
  '+x',
  'a/b',
  'a\\b',
  'a*',
  'a?',
  'a"b',
  '<a>',
  'a|b',
  'a b',
  'a,b',
  'a#b',
  'a:b',
  'A',
  'a\u0000',
  'a\nb',
  'x'.repeat(256),
])('%j may not', (name) => {
  expect(() => assertIndexName(name, 'part')).toThrow('[part] expected the name of one index or alias')
})
