import { expect, test } from 'vitest'
import { textTable } from './text-table.ts'

test('columns are as wide as their longest cell, figures to the right', () => {
  expect(textTable([['', 'p50 ms', 'x'], ['lexpand', '0.1', '12.00'], ['bm25']])).toEqual([
    '         p50 ms      x',
    'lexpand     0.1  12.00',
    'bm25                  ',
  ])
})
