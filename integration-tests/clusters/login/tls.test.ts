import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfiguration } from '../../../cli/shell/configuration.ts'
import { openSearchClient } from '../../../opensearch/client.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'
import type { TlsSettings } from '../../../opensearch/login/tls-agent.ts'
import { portOf } from '../../../testing/body-server.ts'
import { until } from '../../fixtures/until.ts'
import { type Pair, TestAuthority } from './certificates.ts'

let folder: string
let authority: TestAuthority
let stranger: TestAuthority
let good: Pair

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-tls-'))
  authority = new TestAuthority(join(folder, 'own'), 'Test CA')
  stranger = new TestAuthority(join(folder, 'other'), 'Other CA')
  good = authority.sign('good', LOCAL)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const LOCAL = 'DNS:localhost,IP:127.0.0.1'

describe('the certificate of the cluster', () => {
  test('of an own authority is trusted once the authority is given', async () => {
    const { url } = await tlsPort(good)
    expect(await ask(url, { caCertificate: authority.certificate })).toBe('answered')
    expect(await ask(url, {})).toMatch(/Give the certificate authority/)
    expect(await ask(url, { caCertificate: stranger.certificate })).toMatch(/Give the certificate authority/)
    expect(await ask(url, { verifyTls: false })).toBe('answered')
  })

  test('that has expired is to be renewed, not to be trusted', async () => {
    const { url } = await tlsPort(authority.sign('expired', LOCAL, '20210101000000Z'))
    const said = await ask(url, { caCertificate: authority.certificate })
    expect(said).toMatch(/certificate has expired.*renew it there/)
    expect(said).not.toMatch(/Give the certificate authority/)
  })

  test('of another host asks for its name in the URL', async () => {
    const { url } = await tlsPort(authority.sign('elsewhere', 'DNS:search.example.org'))
    expect(await ask(url, { caCertificate: authority.certificate })).toMatch(/Use a name in the URL/)
  })

  test('is not spoken of where the port speaks no TLS, or TLS is not asked for', async () => {
    const { url } = await tlsPort(good)
    expect(await ask(url.replace('https:', 'http:'), {})).toMatch(/write https:/)
  })
})

describe('the certificate of the client', () => {
  const demanding = () => ({ requestCert: true, rejectUnauthorized: true, ca: authority.certificate })

  test('is sent where the cluster asks for one, and asked for where it is missing or strange', async () => {
    const { url } = await tlsPort(good, demanding())
    const own = authority.sign('client', 'DNS:client')
    const strange = stranger.sign('client', 'DNS:client')
    const settings = ({ cert, key }: Pair) => ({
      caCertificate: authority.certificate,
      clientCertificate: cert,
      clientKey: key,
    })
    expect(await ask(url, settings(own))).toBe('answered')
    expect(await ask(url, { caCertificate: authority.certificate })).toMatch(/OPENSEARCH_CERT_FILE/)
    expect(await ask(url, settings(strange))).toMatch(/OPENSEARCH_CERT_FILE/)
  })

  test('is read anew for a new connection when its files are exchanged', async () => {
    const port = await tlsPort(good, demanding())
    const files = { cert: join(folder, 'rotating.pem'), key: join(folder, 'rotating.key') }
    const write = ({ cert, key }: Pair) => {
      writeFileSync(files.cert, cert)
      writeFileSync(files.key, key)
    }
    write(authority.sign('first', 'DNS:first'))
    const client = openSearchClient(
      port.url,
      readConfiguration(
        { opensearch: port.url },
        {
          OPENSEARCH_CA_FILE: join(authority.folder, 'ca.pem'),
          OPENSEARCH_CERT_FILE: files.cert,
          OPENSEARCH_KEY_FILE: files.key,
        },
      ),
    )
    await client.info()
    write(authority.sign('second', 'DNS:second'))
    port.hangUp()
    // The client may take the closed connection once more before it notices.
    await until(() =>
      client.info().then(
        () => true,
        () => false,
      ),
    )
    expect(port.clients).toEqual(['first', 'second'])
    await client.close()
  })
})

describe('files of certificates', () => {
  const read = (environment: Record<string, string>) => () => readConfiguration({}, environment)
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  test('that are no PEM are refused by name at the start', () => {
    expect(read({ OPENSEARCH_CA_FILE: file('ca.der', 'MIIB') })).toThrow(
      /OPENSEARCH_CA_FILE to hold certificates in PEM/,
    )
    expect(read({ OPENSEARCH_CA_FILE: join(folder, 'missing') })).toThrow(
      /OPENSEARCH_CA_FILE to name a readable file/,
    )
  })

  test('of a client come as a pair that belongs together', () => {
    const OPENSEARCH_CERT_FILE = file('pair.pem', good.cert)
    const OPENSEARCH_KEY_FILE = file('pair.key', good.key)
    expect(read({ OPENSEARCH_CERT_FILE })).toThrow(/OPENSEARCH_CERT_FILE and OPENSEARCH_KEY_FILE together/)
    const other = file('other.key', authority.sign('other', LOCAL).key)
    expect(read({ OPENSEARCH_CERT_FILE, OPENSEARCH_KEY_FILE: other })).toThrow(/got the key of another one/)
    const none = file('none.key', 'secret')
    expect(read({ OPENSEARCH_CERT_FILE, OPENSEARCH_KEY_FILE: none })).toThrow(/something that is no key/)
    expect(read({ OPENSEARCH_CERT_FILE, OPENSEARCH_KEY_FILE })().clientKey).toBeDefined()
  })
})

async function ask(url: string, settings: TlsSettings): Promise<string> {
  const client = openSearchClient(url, settings)
  try {
    await client.info()
    return 'answered'
  } catch (error) {
    return translateEngineError(error, { part: 'test' }).message
  } finally {
    await client.close()
  }
}

async function tlsPort(pair: Pair, options: ServerOptions = {}) {
  const clients: string[] = []
  const server = createServer({ ...pair, ...options }, (request, response) => {
    const { subject } = (
      request.socket as never as { getPeerCertificate(): { subject?: { CN?: string } } }
    ).getPeerCertificate()
    clients.push(subject?.CN ?? '')
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  const port = await portOf(server)
  return { url: `https://127.0.0.1:${port}`, clients, hangUp: () => server.closeAllConnections() }
}
