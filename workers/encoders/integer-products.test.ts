import { expect, test } from 'vitest'
import { integerProductsSaturate } from './integer-products.ts'

test('x64 processors with either form of VNNI are fast and exact', () => {
  expect(integerProductsSaturate('x64', 'flags : avx2 avx512f avx512_vnni avx512_bitalg')).toBe(false)
  expect(integerProductsSaturate('x64', 'flags : avx2 avx_vnni')).toBe(false)
})

test('x64 processors without VNNI, or whose flags are unknown, get the precise products', () => {
  expect(integerProductsSaturate('x64', 'flags : avx2 avx512f')).toBe(true)
  expect(integerProductsSaturate('x64', undefined)).toBe(true)
})

test('arm64 has no such products', () => {
  expect(integerProductsSaturate('arm64', 'Features : asimd')).toBe(false)
})
