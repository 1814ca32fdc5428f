import { expect, test } from 'vitest'
import { ChunkSize } from './chunk-size.ts'

test('requests begin small, so that encoding begins early, and double up to what is allowed', () => {
  const size = new ChunkSize()
  const seen = Array.from({ length: 5 }, () => {
    const { documents } = size
    size.taken()
    return documents
  })
  expect(seen).toEqual([128, 256, 512, 1_024, 1_024])
  expect(size.bytes).toBe(5_000_000)
})

test('requests are halved by every refusal, down to a bound, and grow by a step when they are taken', () => {
  const size = new ChunkSize()
  for (let times = 0; times < 3; times++) size.taken()
  size.refused()
  size.refused()
  expect([size.documents, size.bytes]).toEqual([256, 1_250_000])
  size.taken()
  expect(size.documents).toBe(358)
  for (let times = 0; times < 100; times++) size.refused()
  expect([size.documents, size.bytes]).toEqual([51, 250_000])
  for (let times = 0; times < 10; times++) size.taken()
  expect(size.documents).toBe(1_024)
})
