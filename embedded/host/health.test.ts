import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openSearchHealth, redisAnswers } from './health.ts'

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test.each([
  [200, '{"status":"green"}', 'green'],
  [200, '{"status":"red"}', 'red'],
  [503, '{"status":503}', 'silent'],
  [502, '<html>Bad gateway</html>', 'silent'],
  [200, '{}', 'silent'],
])('an answer %i %s means %s', async (status, body, expected) => {
  const server = createHttpServer((_request, response) => response.writeHead(status).end(body))
  expect(await openSearchHealth(`http://127.0.0.1:${await portOf(server)}`)).toBe(expected)
})

test.each([
  ['+PONG\r\n', true],
  ['-LOADING Redis is loading the dataset in memory\r\n', false],
  ['-NOAUTH Authentication required.\r\n', false],
])('a Redis that answers %j can be used: %s', async (reply, expected) => {
  const server = createServer((socket) => socket.once('data', () => socket.end(reply)))
  expect(await redisAnswers(`redis://127.0.0.1:${await portOf(server)}`)).toBe(expected)
})

test('nobody listening is silence, not an error', async () => {
  const server = createServer()
  const port = await portOf(server)
  server.close()
  expect(await openSearchHealth(`http://127.0.0.1:${port}`)).toBe('silent')
  expect(await redisAnswers(`redis://127.0.0.1:${port}`)).toBe(false)
})

test('a node of another process on our port is silence', async () => {
  const server = createHttpServer((request, response) =>
    response.end(
      request.url?.startsWith('/_nodes') ? '{"nodes":{"n":{"process":{"id":4711}}}}' : '{"status":"green"}',
    ),
  )
  const url = `http://127.0.0.1:${await portOf(server)}`
  expect(await openSearchHealth(url, 4711)).toBe('green')
  expect(await openSearchHealth(url, 4712)).toBe('silent')
})
