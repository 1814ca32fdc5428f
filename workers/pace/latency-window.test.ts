import { describe, expect, test } from 'vitest'
import { LatencyWindow } from './latency-window.ts'

function windowOf(values: readonly number[]): LatencyWindow {
  const window = new LatencyWindow()
  for (const value of values) window.add(value)
  return window
}

describe('latency window', () => {
  test('says nothing about fewer than ten values', () => {
    expect(windowOf(Array(9).fill(1)).p95()).toBeUndefined()
    expect(windowOf(Array(10).fill(1)).p95()).toBe(1)
  })

  test('one slow answer in twenty-five does not count, two do', () => {
    expect(windowOf([...Array(24).fill(5), 900]).p95()).toBe(5)
    expect(windowOf([...Array(23).fill(5), 900, 900]).p95()).toBe(900)
  })

  test('forgets the oldest, and everything when cleared', () => {
    const window = windowOf([...Array(25).fill(900), ...Array(25).fill(5)])
    expect(window.p95()).toBe(5)
    window.clear()
    expect(window.p95()).toBeUndefined()
  })
})
