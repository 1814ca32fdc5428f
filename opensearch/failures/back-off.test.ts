import { describe, expect, test } from 'vitest'
import { backOffMs, persist } from './back-off.ts'

const FAST = { firstMs: 0.1, maxMs: 0.1 }

describe('back-off', () => {
  test('waits longer with every attempt up to the bound, with jitter over the whole range', () => {
    const longest = (attempt: number) =>
      Math.max(...Array.from({ length: 2_000 }, () => backOffMs(attempt, { firstMs: 100, maxMs: 1_000 })))
    expect(longest(0)).toBeGreaterThan(80)
    expect(longest(0)).toBeLessThanOrEqual(100)
    expect(longest(2)).toBeGreaterThan(300)
    expect(longest(2)).toBeLessThanOrEqual(400)
    expect(longest(1_000)).toBeLessThanOrEqual(1_000)
    const waits = Array.from({ length: 2_000 }, () => backOffMs(2, { firstMs: 100, maxMs: 1_000 }))
    expect(Math.min(...waits)).toBeLessThan(50)
  })

  test('repeats a step until it is done and tells of every repeat', async () => {
    const reasons: string[] = []
    let left = 3
    const result = await persist(async () => (left-- > 0 ? `busy ${left}` : undefined), {
      ...FAST,
      giveUpAfterMs: 60_000,
      onRetry: (reason) => reasons.push(reason),
    })
    expect(result).toBeUndefined()
    expect(reasons).toEqual(['busy 2', 'busy 1', 'busy 0'])
  })

  test('gives the last reason back when time is up', async () => {
    expect(await persist(async () => 'full', { firstMs: 1_000, giveUpAfterMs: 0 })).toBe('full')
  })

  test('does not wait once it is aborted', async () => {
    const abort = new AbortController()
    const waiting = persist(async () => 'full', {
      firstMs: 60_000,
      maxMs: 60_000,
      giveUpAfterMs: 600_000,
      signal: abort.signal,
    })
    setImmediate(() => abort.abort())
    expect(await waiting).toBe('full')
  })

  test('passes on what a step throws', async () => {
    await expect(persist(() => Promise.reject(new Error('no')), { giveUpAfterMs: 1 })).rejects.toThrow('no')
  })
})
