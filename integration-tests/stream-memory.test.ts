import { expect, test } from 'vitest'
import { streamLines } from '../reports/stream-memory.ts'
import { SPECIFICATION } from '../testing/test-fixtures.ts'

test('a driver keeps less than 15 bytes of a line that it has sent', async () => {
  // At both counts the ids remembered for duplicates are equally many: they grow up to 100,000 and start anew.
  const [early, late] = await streamLines([105_000, 205_000], SPECIFICATION)
  expect(((late?.heap_bytes ?? Number.NaN) - (early?.heap_bytes ?? Number.NaN)) / 100_000).toBeLessThan(15)
  expect(late?.external_bytes).toBeLessThan(50_000_000)
})
