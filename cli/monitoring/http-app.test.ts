import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { BOARD_PATH, type HttpAppOptions, httpApp } from './http-app.ts'

function app(options: Partial<HttpAppOptions> = {}): Hono {
  return httpApp({
    registry: { contentType: 'text/plain; version=0.0.4', metrics: async () => 'lexpand_x 1\n' },
    checks: [],
    onlyLoopback: true,
    ...options,
  })
}

const get = (path: string, init: RequestInit = {}) =>
  [path, { ...init, headers: { host: '127.0.0.1:9464', ...init.headers } }] as const
const problem = (name: string, reason: string | undefined) => ({ name, problem: async () => reason })

test('metrics come with the content type of their format', async () => {
  const reply = await app().request(...get('/metrics'))
  expect(await reply.text()).toBe('lexpand_x 1\n')
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4')
})

test('a process that needs nothing is ready; one reason is enough to be not ready, and it is named', async () => {
  expect((await app().request(...get('/readyz'))).status).toBe(200)
  const checks = [problem('redis', undefined), problem('encoder', 'died')]
  const reply = await app({ checks }).request(...get('/readyz'))
  expect(reply.status).toBe(503)
  expect(await reply.json()).toEqual({ status: 'not ready', checks: { redis: 'ok', encoder: 'died' } })
})

test('health is about the process alone: services that are away do not have it restarted', async () => {
  const checks = [problem('redis', 'away')]
  expect((await app({ checks }).request(...get('/healthz'))).status).toBe(200)
  const broken = await app({ defect: () => 'takes no jobs' }).request(...get('/healthz'))
  expect(broken.status).toBe(503)
  expect(await broken.json()).toEqual({ status: 'defect', reason: 'takes no jobs' })
})

test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s changes nothing, on the board neither', async (method) => {
  let called = 0
  const board = new Hono().all('/api/x', (context) => {
    called++
    return context.text('done')
  })
  expect((await app({ board }).request(...get(`${BOARD_PATH}/api/x`))).status).toBe(200)
  const reply = await app({ board }).request(...get(`${BOARD_PATH}/api/x`, { method }))
  expect(reply.status).toBe(405)
  expect(called).toBe(1)
})

test('a server for its own machine is not reached under another name', async () => {
  const foreign = get('/metrics', { headers: { host: 'evil.example:9464' } })
  expect((await app().request(...foreign)).status).toBe(421)
  expect((await app({ onlyLoopback: false }).request(...foreign)).status).toBe(200)
  for (const host of ['localhost:9464', '[::1]:9464', '127.0.0.2']) {
    expect((await app().request(...get('/metrics', { headers: { host } }))).status).toBe(200)
  }
})

test('many probes at once are one question to the services', async () => {
  let asked = 0
  const checks = [
    {
      name: 'redis',
      async problem() {
        asked++
        return undefined
      },
    },
  ]
  const server = app({ checks })
  await Promise.all(Array.from({ length: 100 }, () => server.request(...get('/readyz'))))
  expect(asked).toBe(1)
})

test('a failing scrape says so without its stack', async () => {
  const registry = { contentType: 'text/plain', metrics: () => Promise.reject(new Error('secret detail')) }
  const reply = await app({ registry }).request(...get('/metrics'))
  expect(reply.status).toBe(500)
  expect(await reply.text()).not.toContain('secret')
})

test('pages may not load from elsewhere or be framed', async () => {
  const reply = await app().request(...get('/nothing'))
  expect(reply.status).toBe(404)
  expect(reply.headers.get('content-security-policy')).toContain("default-src 'self'")
})
