import { describe, expect, test } from 'vitest'
import { outcomeOf } from './bulk-outcome.ts'

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
})
