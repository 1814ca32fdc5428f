import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { lexpand } from '../fixtures/run-cli.ts'
import { tenantIndex } from './agent-index.ts'
import { call, type HttpServerProcess, httpServer, overHttp } from './mcp-client.ts'

const TOKEN = 'a-token-of-enough-length'
const cleanUps: (() => Promise<unknown>)[] = []
let index = ''
let server: HttpServerProcess

beforeAll(async () => {
  index = (await tenantIndex((cleanUp) => cleanUps.push(cleanUp))).index
  server = await httpServer(['--index', index])
  cleanUps.push(() => server.stop())
})

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })

/** A request whose headers are as given, which fetch would not send. @returns its status */
function statusOf(url: string, headers: Record<string, string>, body = LIST): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    })
    sent.once('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

describe('a server that listens on its own machine', () => {
  test('answers a program of this machine', async () => {
    expect(await statusOf(server.url, {})).toBe(200)
    expect(await statusOf(server.url, { origin: 'http://localhost:5173' })).toBe(200)
  })

  test.each([
    ['another name in the Host header, as DNS rebinding gives', { host: 'evil.example:9465' }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page without an origin of its own', { origin: 'null' }],
  ])('refuses %s', async (_, headers) => {
    expect(await statusOf(server.url, headers)).toBe(403)
  })

  test.each([
    ['a body of 10 MB', { method: 'POST', body: `{"x":"${'x'.repeat(10_000_000)}"}` }, 413],
    ['a body that is no JSON', { method: 'POST', body: '{' }, 400],
    ['the end of a session that is none', { method: 'DELETE' }, 405],
  ] as const)('refuses %s', async (_, init, status) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    expect((await fetch(server.url, { ...init, headers })).status).toBe(status)
  })

  test('has no other page', async () => {
    for (const path of ['/', '/metrics', '/mcp/x', '/..%2f']) {
      expect((await fetch(new URL(path, server.url))).status).toBe(404)
    }
  })
})

describe('a server that other machines reach', () => {
  test.each([
    ['none', {}],
    ['a short one', { LEXPAND_MCP_TOKEN: 'secret' }],
  ])('does not start with a token that is %s', async (_, env) => {
    const { code, stderr } = await lexpand(['mcp', '--http', '0.0.0.0:0', '--index', index], { env })
    expect(code).toBe(2)
    expect(stderr).toContain('LEXPAND_MCP_TOKEN')
    expect(stderr).not.toContain('"secret"')
  })

  test('answers those who show its token, by any name of its machine, and nobody else', async () => {
    const env = { LEXPAND_MCP_TOKEN: TOKEN }
    const own = await httpServer(['--index', index], { address: '0.0.0.0:0', env })
    onTestFinished(async () => {
      await own.stop()
    })
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((found) => found?.family === 'IPv4' && !found.internal)
    const url = own.url.replace('0.0.0.0', outside?.address ?? '127.0.0.1')
    expect(await statusOf(url, {})).toBe(401)
    expect(await statusOf(url, { authorization: `Bearer ${TOKEN}x` })).toBe(401)
    expect(await statusOf(url, { authorization: `Basic ${TOKEN}` })).toBe(400)
    expect(await statusOf(url, { authorization: `Bearer ${TOKEN}`, origin: 'https://evil.example' })).toBe(
      403,
    )
    const client = await overHttp(url, TOKEN)
    expect((await call(client, 'search', { query: 'wing' })).hits.length).toBeGreaterThan(0)
    await client.close()
    expect(own.log()).not.toContain(TOKEN)
  })
})

test('SIGTERM ends it in order', async () => {
  const own = await httpServer(['--index', index])
  expect(await own.stop()).toBe(0)
})
