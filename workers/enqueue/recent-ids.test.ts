import { describe, expect, test } from 'vitest'
import { RecentIds } from './recent-ids.ts'

describe('recent ids', () => {
  test('a key is known from its second time on', () => {
    const ids = new RecentIds()
    expect([ids.seen('a'), ids.seen('b'), ids.seen('a')]).toEqual([false, false, true])
  })

  test('the last 100,000 keys are known, those long before are forgotten', () => {
    const ids = new RecentIds()
    const known = Array.from({ length: 250_000 }, (_, at) => ids.seen(`k${at}`))
    expect(known).not.toContain(true)
    expect(ids.seen('k150001')).toBe(true)
    expect(ids.seen('k10')).toBe(false)
  })
})
