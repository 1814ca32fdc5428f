import { expect, test } from 'vitest'
import { type Snapshot, spentBetween } from './ingest-usage.ts'
import { usageOf } from './process-usage.ts'

test('processor time is what was used in between, memory is the most there was', () => {
  const spent = spentBetween(
    look({ driver: { cpuSeconds: 2, residentBytes: 100 } }),
    look({ driver: { cpuSeconds: 5, residentBytes: 300 } }),
  )
  expect(spent.cpu_seconds.driver).toBe(3)
  expect(spent.resident_bytes.driver).toBe(300)
})

test('what cannot be asked is left out, not zero', () => {
  const remote = look({ opensearch: { cpuSeconds: 1, residentBytes: undefined } })
  expect(spentBetween(remote, remote).resident_bytes).not.toHaveProperty('opensearch')
})

test('processor time of several processes adds up, memory is of the largest', () => {
  const one = usageOf([process.pid])
  const two = usageOf([process.pid, process.pid])
  expect(two.residentBytes).toBeGreaterThanOrEqual(one.residentBytes ?? Number.NaN)
  expect(two.residentBytes).toBeLessThan(1.5 * (one.residentBytes ?? Number.NaN))
  if (process.platform === 'linux') {
    expect(two.cpuSeconds).toBeGreaterThanOrEqual(2 * (one.cpuSeconds ?? Number.NaN))
  }
})

function look(usage: Partial<Snapshot['usage']>): Snapshot {
  const none = { cpuSeconds: 0, residentBytes: 0 }
  const all = { driver: none, worker: none, encoder: none, redis: none, opensearch: none, ...usage }
  return { usage: all, readMs: 0, encodeMs: 0, writeMs: 0, encoderBusyMs: 0 }
}
