import { expect, test } from 'vitest'
import { type Assumptions, cost, type MeasuredSlopes } from './cost-model.ts'
import { fitLine, fitPower } from './fit.ts'

/** 1,000 bytes for each document; 1 ms at 10,000 documents, growing as their square root; 36 documents for each second of a core. */
const slopes: MeasuredSlopes = {
  store: fitLine([
    [0, 0],
    [1000, 1e6],
  ]),
  latency: fitPower([
    [1e4, 1],
    [1e6, 10],
  ]),
  work: fitPower([
    [1e4, 2],
    [1e6, 20],
  ]),
  docsPerCoreSecond: 36,
  largestShard: 1e6,
}
const assumed: Assumptions = {
  shardBytes: 1e10,
  shardMs: 1e6,
  shardDocuments: 2 ** 31 - 1,
  replicas: 1,
  workerCores: 10,
}

test('what fits into one shard takes one, with the bytes of all copies and the hours of all cores', () => {
  const found = cost(1e6, slopes, assumed)
  expect(found).toMatchObject({ shards: 1, because: 'one is enough', extrapolated: false })
  expect(found.bytes).toBeCloseTo(2e9)
  expect(found.shardMs).toBeCloseTo(10)
  expect(found.queryCoreMs).toBeCloseTo(20)
  expect(found.coreHours).toBeCloseTo(1e6 / 36 / 3600)
  expect(found.hours).toBeCloseTo(found.coreHours / 10)
})

test('the number of shards follows from whichever bound is met first, and the work is that of all shards', () => {
  const byBytes = cost(1e8, slopes, assumed)
  expect(byBytes).toMatchObject({ shards: 10, because: 'bytes', documentsPerShard: 1e7, extrapolated: true })
  expect(byBytes.queryCoreMs).toBeCloseTo(10 * 2 * Math.sqrt(1e7 / 1e4))
  // 10 ms correspond to 1,000,000 documents.
  const byLatency = cost(1e8, slopes, { ...assumed, shardMs: 10.0001 })
  expect(byLatency).toMatchObject({ shards: 100, because: 'latency', extrapolated: false })
  expect(cost(1e8, slopes, { ...assumed, shardDocuments: 5e6 })).toMatchObject({
    shards: 20,
    because: 'documents',
  })
})
