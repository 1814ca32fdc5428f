import { expect, test } from 'vitest'
import { duration, progressLines } from './progress.ts'

test('without a terminal there is a line every ten seconds, from the first document on', () => {
  const lines: string[] = []
  let time = 0
  const progress = progressLines(
    'encode',
    (line) => lines.push(line),
    () => time,
  )
  progress.update(0, 0)
  for (time = 60_000; time <= 85_000; time += 500) progress.update((time - 60_000) / 100, 1_000)
  expect(lines).toEqual([
    'encode 100/1000 | 10.0 docs/s | 1 min 30 s left',
    'encode 200/1000 | 10.0 docs/s | 1 min 20 s left',
  ])
})

test.each([
  [0.0258, '0 s'],
  [59.4, '59 s'],
  [750, '12 min 30 s'],
  [11_100, '3 h 5 min'],
])('%s seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})
