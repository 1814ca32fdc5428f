import { styleText } from 'node:util'
import { expect, test } from 'vitest'
import { sideBySide, wrap } from './columns.ts'

test('lines break at blanks and keep their indent', () => {
  expect(wrap('  one two three', 9)).toEqual(['  one two', '  three'])
  expect(wrap('', 5)).toEqual([''])
})

test('a word longer than the column is cut', () => {
  expect(wrap('abcdefgh', 3)).toEqual(['abc', 'def', 'gh'])
})

test('marks of a terminal take no room', () => {
  const bold = styleText('bold', 'one', { validateStream: false })
  expect(wrap(`${bold} two`, 7)).toEqual([`${bold} two`])
  expect(sideBySide([bold], ['x'], 13)).toBe(`${bold}   | x`)
})

test('the shorter block is filled up', () => {
  expect(sideBySide(['a'], ['b', 'c'], 7)).toBe('a  | b\n   | c')
})
