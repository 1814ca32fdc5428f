import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { measureLoad } from './search-load.ts'

test('every client keeps its connection, all are busy at once, and each query is asked once a round', async () => {
  const asked: string[] = []
  const connections = new Set<unknown>()
  let [waiting, most] = [0, 0]
  const held: (() => void)[] = []
  const server = createServer((request, response) => {
    connections.add(request.socket)
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      asked.push(body)
      most = Math.max(most, ++waiting)
      held.push(() => response.end('{"hits":{"hits":[]}}'))
      // No request is answered before three wait, so fewer clients would wait for ever.
      if (held.length === 3)
        for (const answer of held.splice(0)) {
          waiting--
          answer()
        }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const bodies = Array.from({ length: 300 }, (_, at) => String(at))
    const speed = await measureLoad(url, new Map([['a', { path: '/a', bodies }]]), { clients: 3, rounds: 2 })
    expect(most).toBe(3)
    expect(connections.size).toBe(3)
    expect(asked.map(Number).sort((a, b) => a - b)).toEqual(
      bodies.flatMap((body) => [Number(body), Number(body)]),
    )
    expect(speed.get('a')?.ops_per_second).toBeGreaterThan(0)
  } finally {
    server.close()
  }
})
