import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest'
import { readConfiguration } from '../../../cli/shell/configuration.ts'
import { openSearchClient } from '../../../opensearch/client.ts'
import { isDenied } from '../../../opensearch/failures/denied.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'
import { lexpand, lexpandJson } from '../../fixtures/run-cli.ts'
import { removeIndices, testClient, uniqueName } from '../../fixtures/test-index.ts'
import { type SignatureProxy, signatureProxy } from './signature-proxy.ts'

const CREDENTIALS = {
  accessKeyId: 'AKIATEST',
  secretAccessKey: 'sécret/+key',
  sessionToken: 'session/token==',
}
const AWS = { region: 'eu-central-1', service: 'es' as const, credentials: async () => CREDENTIALS }

let proxy: SignatureProxy

beforeEach(async () => {
  proxy = await signatureProxy(inject('opensearchUrl'), { ...AWS, credentials: CREDENTIALS })
})

afterEach(() => proxy.close())

function temporaryIndex(): string {
  const index = uniqueName('aws')
  const open = testClient(inject('opensearchUrl'))
  onTestFinished(async () => {
    await removeIndices(open, index)
    await open.close()
  })
  return index
}

test('every kind of request is signed so that the service comes to the same signature', async () => {
  const client = openSearchClient(proxy.url, { aws: AWS })
  const index = temporaryIndex()
  await client.indices.create({ index })
  const bulk = await client.bulk({
    index,
    refresh: true,
    body: [{ index: { _id: '日本' } }, { text: 'Grüße, 😀 and "quotes"' }] as never,
  })
  expect(bulk.body.errors).toBe(false)
  const ids = ['a b', 'a/b', 'a+b', '50%', "it's (a) *star*!", 'ü~:;=,@$&?#[]', '日本']
  for (const id of ids) {
    await client.index({ index, id, routing: 'r 1/ü', body: { text: id } })
    const found = await client.get({ index, id, routing: 'r 1/ü' })
    expect(found.body._source).toEqual({ text: id })
  }
  const search = await client.search({
    index,
    filter_path: ['hits.hits._id', 'hits.total'],
    q: 'text:"Grüße" OR a*',
    body: { size: 3 },
  })
  expect(search.body.hits).toBeDefined()
  expect((await client.indices.exists({ index })).body).toBe(true)
  expect(proxy.passed).toBeGreaterThan(2 * ids.length)
  await client.close()
})

test.each([
  [
    'another key',
    { credentials: async () => ({ ...CREDENTIALS, secretAccessKey: 'wrong' }) },
    /signature we calculated does not match/,
  ],
  ['another region', { region: 'us-east-1' }, /security token included in the request is invalid/],
  ['another service', { service: 'aoss' as const }, /security token included in the request is invalid/],
])('%s is refused, in the words of the service', async (_, change, words) => {
  const client = openSearchClient(proxy.url, { aws: { ...AWS, ...change } })
  const error = await client.info().catch((caught: unknown) => caught)
  expect(translateEngineError(error, { part: 'test' }).message).toMatch(words)
  expect(isDenied(error)).toBe(true)
  expect(proxy.passed).toBe(0)
  await client.close()
})

test('a clock that is wrong is named as such', async () => {
  proxy.clockAheadMs = 3_600_000
  const client = openSearchClient(proxy.url, { aws: AWS })
  const error = await client.info().catch((caught: unknown) => caught)
  expect(translateEngineError(error, { part: 'test' }).message).toMatch(
    /Signature expired.*clock of this machine/,
  )
  await client.close()
})

test('the chain of the SDK finds credentials in the environment and in a profile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-aws-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'credentials')
  const { accessKeyId, secretAccessKey, sessionToken } = CREDENTIALS
  writeFileSync(
    file,
    `[here]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\naws_session_token=${sessionToken}\n`,
  )
  const environments = [
    {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    },
    { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(folder, 'none'), AWS_PROFILE: 'here' },
  ]
  for (const environment of environments) {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const flags = { opensearch: proxy.url, awsSigv4: true as const }
    const client = openSearchClient(proxy.url, readConfiguration(flags, { AWS_REGION: AWS.region }))
    await client.info()
    await client.close()
    vi.unstubAllEnvs()
  }
  expect(proxy.passed).toBe(2)
})

test('without credentials the error says where they may be', async () => {
  const nowhere = {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    AWS_CONFIG_FILE: '/nowhere',
  }
  for (const [name, value] of Object.entries(nowhere)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const client = openSearchClient(proxy.url, { aws: { region: AWS.region, service: 'es' } })
  await expect(client.info()).rejects.toThrow(/expected credentials in the environment, a profile/)
  await client.close()
})

test('a Serverless collection is refused by commands that write, and the doctor says what is missing there', async () => {
  const env = { AWS_REGION: 'eu-central-1', OPENSEARCH_AWS_SIGV4: 'aoss' }
  const refused = await lexpand(['sweep', '--index', 'articles'], { env })
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/Serverless collection.*sequence numbers/),
  })
  const { result } = await lexpandJson(['doctor'], { env })
  const checks = result.checks as readonly { name: string; message: string }[]
  expect(checks.find(({ name }) => name === 'opensearch')?.message).toMatch(/no sequence numbers/)
})
