import { expect, test } from 'vitest'
import { ChunkSize } from './chunk-size.ts'

test('requests are halved by every refusal, down to a bound, and grow by a step when they are taken', () => {
  const size = new ChunkSize()
  expect([size.documents, size.bytes]).toEqual([1_000, 5_000_000])
  size.taken()
  expect(size.documents).toBe(1_000)
  size.refused()
  size.refused()
  expect([size.documents, size.bytes]).toEqual([250, 1_250_000])
  size.taken()
  expect(size.documents).toBe(350)
  for (let times = 0; times < 100; times++) size.refused()
  expect([size.documents, size.bytes]).toEqual([50, 250_000])
  for (let times = 0; times < 10; times++) size.taken()
  expect(size.documents).toBe(1_000)
})
