import { expect, test } from 'vitest'
import { assertSourceKept, assertVectorsWhole, keepsVectors } from './stored-source.ts'

test.each([
  { enabled: false },
  { excludes: ['body'] },
  { excludes: ['bo*'] },
  { excludes: ['lexpand'] },
  { includes: ['title', 'lexpand'] },
])('an index whose _source is %j is refused', (_source) => {
  expect(() => assertSourceKept(['title', 'body'], { _source }, 'articles')).toThrow(
    /_source of index articles to keep/,
  )
})

test.each([{}, { excludes: ['body_sparse', 'bod', 'b.dy'] }, { includes: ['title', 'bod*', 'lexpand*'] }])(
  'an index whose _source is %j keeps what workers read',
  (_source) => {
    expect(() => assertSourceKept(['title', 'body'], { _source }, 'articles')).not.toThrow()
  },
)

test('a field below an excluded object is not kept', () => {
  expect(() => assertSourceKept(['page.body'], { _source: { excludes: ['page'] } }, 'articles')).toThrow(
    'page.body',
  )
})

test('a part of the sidecar that is not kept is named', () => {
  expect(() => assertSourceKept(['a'], { _source: { excludes: ['lexpand.text_hash'] } }, 'i')).toThrow(
    'expected _source of index i to keep lexpand.text_hash',
  )
})

test('vectors are kept, left out whole, or refused', () => {
  const of = (_source: object) => {
    assertVectorsWhole('v', { _source }, 'i')
    return keepsVectors({ _source }, 'v')
  }
  expect([of({}), of({ excludes: ['w'] }), of({ includes: ['v', 'a'] })]).toEqual([true, true, true])
  expect([of({ excludes: ['v'] }), of({ excludes: ['v.*'] }), of({ includes: ['a'] })]).toEqual([
    false,
    false,
    false,
  ])
  expect(() => of({ excludes: ['v.a*'] })).toThrow('whole or not at all, got the pattern v.a*')
})
