import { platform } from 'node:os'
import { expect, test } from 'vitest'
import { peakResidentMib } from './resident-memory.ts'

test.runIf(platform() === 'linux')('the peak of this process is at least what it holds now', () => {
  const now = process.memoryUsage().rss / 2 ** 20
  const peak = peakResidentMib(process.pid)
  expect(peak).toBeGreaterThan(now * 0.9)
  expect(peak).toBeLessThan(now * 20)
})

test('a process that does not exist has none', () => {
  expect(peakResidentMib(2 ** 30)).toBeUndefined()
})
