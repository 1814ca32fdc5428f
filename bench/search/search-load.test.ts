import { expect, test } from 'vitest'
import { bodyServer } from '../../testing/body-server.ts'
import { measureLoad } from './search-load.ts'

test('every client keeps its connection, all are busy at once, and each query is asked once a round', async () => {
  const asked: string[] = []
  let [waiting, most] = [0, 0]
  const held: (() => void)[] = []
  const { url, connections } = await bodyServer((_, body, response) => {
    asked.push(body)
    most = Math.max(most, ++waiting)
    held.push(() => response.end('{"hits":{"hits":[]}}'))
    // Nobody is answered before three wait: fewer clients would wait for ever.
    if (held.length === 3)
      for (const answer of held.splice(0)) {
        waiting--
        answer()
      }
  })
  const bodies = Array.from({ length: 300 }, (_, at) => String(at))
  const speed = await measureLoad(url, new Map([['a', { path: '/a', bodies }]]), { clients: 3, rounds: 2 })
  expect(most).toBe(3)
  expect(connections.size).toBe(3)
  expect(asked.map(Number).sort((a, b) => a - b)).toEqual(
    bodies.flatMap((body) => [Number(body), Number(body)]),
  )
  expect(speed.get('a')?.ops_per_second).toBeGreaterThan(0)
})
