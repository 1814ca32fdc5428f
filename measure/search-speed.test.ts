import { expect, test } from 'vitest'
import { bodyServer } from '../testing/body-server.ts'
import { measureSearch, overlap, searchSpeed } from './search-speed.ts'

test('percentiles are values that were measured, and the rate is that of one client', () => {
  const speed = searchSpeed([4, 1, 2, 3, 10, 5, 6, 7, 8, 9])
  expect(speed).toMatchObject({ p50_ms: 5, p90_ms: 9, p99_ms: 10 })
  expect(speed.ops_per_second).toBeCloseTo(10_000 / 55)
})

test('overlap is the mean share of the hits of the reference; queries without hits count as equal', () => {
  expect(overlap([['a', 'b'], ['c'], []], [['b', 'x'], ['c'], ['y']])).toBeCloseTo((0.5 + 1 + 1) / 3)
})

test('contestants take turns on one connection, the first round gives the hits, and a refusal is told', async () => {
  const asked: string[] = []
  const { url, connections } = await bodyServer((path, body, response) => {
    asked.push(`${path} ${body}`)
    response.statusCode = path === '/bad' ? 400 : 200
    const answer = path === '/bad' ? { error: 'no such type' } : { hits: { hits: [{ _id: body }] } }
    response.end(JSON.stringify(answer))
  })
  const contestants = new Map([
    ['a', { path: '/a', bodies: ['1', '2'] }],
    ['b', { path: '/b', bodies: ['3', '4'] }],
  ])
  const { speed, hits } = await measureSearch(url, contestants, 1)
  expect([...hits]).toEqual([
    ['a', [['1'], ['2']]],
    ['b', [['3'], ['4']]],
  ])
  expect([...speed.keys()].sort()).toEqual(['a', 'b'])
  expect(asked).toEqual(['/a 1', '/a 2', '/b 3', '/b 4', '/b 3', '/b 4', '/a 1', '/a 2'])
  expect(connections.size).toBe(1)
  await expect(measureSearch(url, new Map([['bad', { path: '/bad', bodies: ['1'] }]]), 1)).rejects.toThrow(
    /\[bench\] expected hits from \/bad, got 400: .*no such type/,
  )
})
