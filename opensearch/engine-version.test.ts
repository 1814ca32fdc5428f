import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openSearchClient } from './client.ts'
import { assertEngine } from './engine-version.ts'

/** A server that answers every request so. @returns its address and what it was asked */
async function engineThat(status: number, body: object) {
  const asked: string[] = []
  const server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { client: openSearchClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), asked }
}

const opensearch = (number: string) => ({ version: { distribution: 'opensearch', number } })

test.each(['2.19.0', '2.19.6', '3.0.0', '3.9.0', '10.1.0'])('OpenSearch %s is taken', async (number) => {
  const { client, asked } = await engineThat(200, opensearch(number))
  await assertEngine(client, 'connect')
  expect(asked).toEqual(['GET /'])
})

test.each([
  ['1.3.20', opensearch('1.3.20')],
  ['2.18.0', opensearch('2.18.0')],
])('OpenSearch %s is refused by its version, before anything is asked of it', async (number, body) => {
  const { client, asked } = await engineThat(200, body)
  await expect(assertEngine(client, 'connect')).rejects.toMatchObject({
    code: 'CONFIGURATION',
    message: `[connect] expected OpenSearch 2.19 or newer, got ${number}. Upgrade the cluster.`,
  })
  expect(asked).toEqual(['GET /'])
})

test('Elasticsearch, whose version would do, is refused', async () => {
  const { client } = await engineThat(200, { version: { number: '8.19.0', build_flavor: 'default' } })
  await expect(assertEngine(client, 'connect')).rejects.toThrow(
    '[connect] expected OpenSearch, got another engine 8.19.0.',
  )
})

test.each([403, 401, 503])(
  'an engine that answers %d is not judged: what comes next says so',
  async (status) => {
    const { client } = await engineThat(status, { error: 'no', status })
    await assertEngine(client, 'connect')
  },
)

test('nor is one that is not there', async () => {
  await assertEngine(openSearchClient('http://127.0.0.1:1'), 'connect')
})
