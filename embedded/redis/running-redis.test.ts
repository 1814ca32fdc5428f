import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { findRunningRedis } from './running-redis.ts'

async function answering(reply: string): Promise<number> {
  const server = createServer((socket) => socket.once('data', () => socket.end(reply)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const redis = (version: string, policy: string) =>
  `$40\r\n# Server\r\nredis_version:${version}\r\n\r\n*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\n${policy}\r\n+OK\r\n`

test('a Redis that is new enough and evicts nothing is found with its version', async () => {
  const port = await answering(redis('7.2.4', 'noeviction'))
  expect(await findRunningRedis(port)).toEqual({ url: `redis://127.0.0.1:${port}`, version: '7.2.4' })
})

test.each([
  [redis('5.0.7', 'noeviction'), 'has version 5.0.7, older than 6.2.0'],
  [redis('7.2.4', 'allkeys-lru'), 'evicts keys when its memory is full'],
  ['-NOAUTH Authentication required.\r\n', 'may want a password'],
  ['HTTP/1.1 400 Bad Request\r\n\r\n', 'does not tell its version'],
])('one that answers %j is left alone', async (reply, reason) => {
  expect(await findRunningRedis(await answering(reply))).toContain(reason)
})

test('nobody there is no error', async () => {
  expect(await findRunningRedis(1)).toBe('none answers at redis://127.0.0.1:1')
})
