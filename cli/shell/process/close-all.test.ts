import { pino } from 'pino'
import { expect, test } from 'vitest'
import { closeAll } from './close-all.ts'

test('everything is closed, the newest first, though one cannot be', async () => {
  const closed: string[] = []
  const lines: string[] = []
  const step = (name: string) => async () => {
    closed.push(name)
    if (name === 'second') throw new Error('stuck')
  }
  const logger = pino({}, { write: (line: string) => lines.push(line) })
  await closeAll([step('first'), step('second'), step('third')], logger)
  expect(closed).toEqual(['third', 'second', 'first'])
  expect(lines.join('')).toContain('stuck')
})
