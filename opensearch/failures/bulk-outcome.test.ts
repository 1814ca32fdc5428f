import { describe, expect, test } from 'vitest'
import { outcomeOf, reasonOf } from './bulk-outcome.ts'

describe('outcome of a bulk item', () => {
  test.each([
    [200, 'written'],
    [201, 'written'],
    [409, 'superseded'],
    [404, 'deleted'],
    [429, 'retry'],
    [503, 'retry'],
    [502, 'retry'],
    [400, 'rejected'],
    [401, 'denied'],
    [403, 'denied'],
  ])('status %i is %s', (status, outcome) => {
    expect(outcomeOf(status)).toBe(outcome)
  })

  test('a block is waited for, whatever its status, because somebody will lift it', () => {
    expect(outcomeOf(403, { type: 'cluster_block_exception' })).toBe('retry')
    expect(outcomeOf(429, { type: 'cluster_block_exception' })).toBe('retry')
  })

  test("the reason is the engine's, with the cause behind it", () => {
    expect(
      reasonOf(400, {
        type: 'mapper_parsing_exception',
        reason: 'failed to parse',
        caused_by: { reason: 'not a date' },
      }),
    ).toBe('status 400, failed to parse: not a date')
    expect(reasonOf(500)).toBe('status 500')
  })
})
