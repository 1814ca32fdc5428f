import { expect, test } from 'vitest'
import { BoundedLabels, OTHER } from './bounded-labels.ts'

test('values beyond the bound share one label, and the first ones keep theirs', () => {
  const labels = new BoundedLabels(2)
  expect(['a', 'b', 'c', 'd', 'a', 'b'].map((value) => labels.of(value))).toEqual([
    'a',
    'b',
    OTHER,
    OTHER,
    'a',
    'b',
  ])
})

test('control characters, lone surrogates and excess length do not get through', () => {
  const labels = new BoundedLabels(10)
  expect(labels.of('a\nb\u0000\u0085')).toBe('a�b��')
  expect(labels.of('x\ud800')).toBe('x�')
  expect(labels.of('i'.repeat(10_000))).toHaveLength(128)
})
