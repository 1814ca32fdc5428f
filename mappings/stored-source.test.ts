import { expect, test } from 'vitest'
import { assertSourceKept } from './stored-source.ts'

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
