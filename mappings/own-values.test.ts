import { expect, test } from 'vitest'
import { foreignValue } from './own-values.ts'

const of = (source: Record<string, unknown>) => foreignValue(source, 'text_sparse')

test('values of the owner under our names are found', () => {
  for (const brand of ['Lexpand', 7, ['a'], { name: 'Lexpand' }, true])
    expect(of({ lexpand: brand })).toBe('lexpand')
  for (const value of ['sparse', 3, [1]]) expect(of({ text_sparse: value })).toBe('text_sparse')
})

test('what we wrote ourselves, and nothing, is none', () => {
  const lexpand = { state: 'ready', text_hash: 'h', fingerprint: 'f' }
  for (const source of [{}, { lexpand: null }, { lexpand, text_sparse: { a: 1 } }, { text_sparse: {} }]) {
    expect(of(source)).toBeUndefined()
  }
})
