import { expect, test } from 'vitest'
import { textHash } from './text-hash.ts'

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('is the SHA-256 of the joined strings', () => {
  expect(textHash({ title: 'a', body: 'b' }, ['title', 'body'])).toBe(
    'c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65',
  )
})

test('of no text is that of the empty string', () => {
  expect(textHash({}, ['title'])).toBe(EMPTY)
  expect(textHash({ title: '' }, ['title'])).toBe(EMPTY)
})

test('depends on the text, not on how it is stored', () => {
  const fields = ['a.b']
  expect(textHash({ 'a.b': ['x', 'y'] }, fields)).toBe(textHash({ a: { b: 'x y' } }, fields))
})

test('differs for text and for what only looks like it', () => {
  expect(textHash({ title: 3 }, ['title'])).toBe('not-text:title:number')
  expect(textHash({ title: '3' }, ['title'])).toMatch(/^[0-9a-f]{64}$/)
})

test('takes half a surrogate pair as Java does', () => {
  expect(textHash({ title: 'a\ud800b' }, ['title'])).toBe(textHash({ title: 'a?b' }, ['title']))
})
