import { expect, test } from 'vitest'
import { interleave, speed, windowsOfLength } from './encode-speed.ts'

test('windows have the asked length, specials at both ends, and running text between', () => {
  const windows = windowsOfLength(Uint32Array.of(7, 8, 9), 4, 2, { clsId: 1, sepId: 2 })
  expect(windows.map(({ inputIds }) => [...inputIds])).toEqual([
    [1, 7, 8, 2],
    [1, 9, 7, 2],
  ])
})

test('contestants take turns, the first pass does not count, the median does', async () => {
  const turns: string[] = []
  const contestant = (name: string, passes: number[]) => async () => {
    turns.push(name)
    return passes.shift() ?? 0
  }
  const result = await interleave(
    new Map([
      ['a', contestant('a', [100, 1, 9, 2])],
      ['b', contestant('b', [100, 4, 6, 5])],
    ]),
    3,
    () => undefined,
  )
  expect(turns.join('')).toBe('abababab')
  expect([...result]).toEqual([
    ['a', 2],
    ['b', 5],
  ])
})

test('speed counts documents and word pieces', () => {
  expect(speed(10, 128, 2)).toEqual({ docs_per_second: 5, word_pieces_per_second: 640 })
})
