import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfiguration } from '../../../cli/shell/configuration.ts'
import { openSearchClient } from '../../../opensearch/client.ts'

test('a password that is exchanged in its file costs no error: the refused request is sent again, body and all', async () => {
  const { folder, door, environmentOf } = await site()
  const file = join(folder, 'password')
  writeFileSync(file, 'old\n')
  door.valid = basic('ann', 'old')
  const client = environmentOf({ OPENSEARCH_USERNAME: 'ann', OPENSEARCH_PASSWORD_FILE: file })
  await client.info()
  door.valid = basic('ann', 'new')
  writeFileSync(file, 'new\n')
  const lines = ['{"index":{"_id":"1"}}', '{"text":"Grüße"}']
  await client.bulk({ index: 'a', body: lines as never })
  expect(door.bodies.at(-1)).toBe(`${lines.join('\n')}\n`)
  expect(door.seen).toEqual([basic('ann', 'old'), basic('ann', 'old'), basic('ann', 'new')])
})

test('many requests that are refused at once all come through with the new password', async () => {
  const { folder, door, environmentOf } = await site()
  const file = join(folder, 'password')
  writeFileSync(file, 'old')
  const client = environmentOf({ OPENSEARCH_USERNAME: 'ann', OPENSEARCH_PASSWORD_FILE: file })
  door.valid = basic('ann', 'new')
  writeFileSync(file, 'new')
  await expect(Promise.all(Array.from({ length: 20 }, () => client.info()))).resolves.toHaveLength(20)
})

test('a wrong password is refused once, without a second try', async () => {
  const { door, environmentOf } = await site()
  const client = environmentOf({ OPENSEARCH_USERNAME: 'ann', OPENSEARCH_PASSWORD: 'wrong' })
  await expect(client.info()).rejects.toMatchObject({ statusCode: 401 })
  expect(door.seen).toHaveLength(1)
})

test('a token comes from its file, now and when it is exchanged', async () => {
  const { folder, door, environmentOf } = await site()
  const file = join(folder, 'token')
  writeFileSync(file, 'first\n')
  door.valid = 'Bearer first'
  const client = environmentOf({ OPENSEARCH_TOKEN_FILE: file })
  await client.info()
  door.valid = 'Bearer second'
  writeFileSync(file, 'second\n')
  await client.info()
  expect(door.seen).toEqual(['Bearer first', 'Bearer first', 'Bearer second'])
})

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function site() {
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-login-'))
  const door = { valid: '', seen: [] as string[], bodies: [] as string[] }
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    const { authorization = '' } = request.headers
    door.seen.push(authorization)
    door.bodies.push(body)
    const status = authorization === door.valid ? 200 : 401
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const opensearch = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const environmentOf = (environment: Record<string, string>) =>
    openSearchClient(opensearch, readConfiguration({ opensearch }, environment))
  return { folder, door, environmentOf }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
