import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { freePort, LOOPBACK } from './ports.ts'

async function listener(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test.each([LOOPBACK, '0.0.0.0'])('a port taken on %s gives another one', async (host) => {
  const taken = await listener(host)
  const port = await freePort(taken)
  expect(port).not.toBe(taken)
  expect(port).toBeGreaterThan(0)
})

test('a free port that is preferred is given', async () => {
  const free = await freePort(0)
  expect(await freePort(free)).toBe(free)
})
