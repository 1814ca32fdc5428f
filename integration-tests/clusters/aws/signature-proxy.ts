import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AwsCredentials } from '../../../opensearch/login/aws-signing.ts'

export interface SignatureProxy {
  readonly url: string
  /** Requests that came through. */
  passed: number
  /** Milliseconds by which its clock is fast. */
  clockAheadMs: number
  close(): Promise<void>
}

interface Expected {
  readonly region: string
  readonly service: string
  readonly credentials: AwsCredentials
}

/** Largest accepted difference of the clocks. */
const SKEW_MS = 5 * 60_000

/**
 * Stands before the engine as a managed service does: makes the signature (version 4) of each request anew, from the
 * specification and not with the library of the client, and refuses a request whose signature is another.
 */
export async function signatureProxy(engineUrl: string, expected: Expected): Promise<SignatureProxy> {
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    const refusal = refusalOf(incoming, body, expected, Date.now() + proxy.clockAheadMs)
    if (refusal !== undefined) {
      outgoing
        .writeHead(403, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message: refusal }))
      return
    }
    proxy.passed++
    forward(engineUrl, incoming, body, outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: SignatureProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed: 0,
    clockAheadMs: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return proxy
}

function refusalOf(
  incoming: IncomingMessage,
  body: Buffer,
  expected: Expected,
  now: number,
): string | undefined {
  const { authorization = '', 'x-amz-date': date = '', 'x-amz-security-token': token } = incoming.headers
  const form = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
  const [, credential, signed = '', signature] = form.exec(authorization) ?? []
  if (credential === undefined) return 'Missing Authentication Token'
  const { region, service, credentials } = expected
  const day = String(date).slice(0, 8)
  const scope = `${day}/${region}/${service}/aws4_request`
  if (credential !== `${credentials.accessKeyId}/${scope}` || token !== credentials.sessionToken) {
    return 'The security token included in the request is invalid.'
  }
  if (!signed.split(';').includes('host')) return "'Host' must be a 'SignedHeader' in the AWS Authorization."
  if (Math.abs(now - timeOf(String(date))) > SKEW_MS) {
    return `Signature expired: ${date} is now earlier than ${new Date(now - SKEW_MS).toISOString()} (${new Date(now).toISOString()} - 5 min.)`
  }
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonicalRequest(incoming, body, signed))].join(
    '\n',
  )
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  )
  if (hmac(key, toSign).toString('hex') === signature) return undefined
  return 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.'
}

function canonicalRequest(incoming: IncomingMessage, body: Buffer, signed: string): string {
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?')
  const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split('='))
  const parameters = pairs.map(([name = '', value = '']) => [encode(decode(name)), encode(decode(value))])
  return [
    incoming.method,
    // Every service but S3 encodes the path once more.
    path.split('/').map(encode).join('/'),
    parameters
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join('&'),
    ...signed.split(';').map(
      (name) =>
        `${name}:${String(incoming.headers[name] ?? '')
          .trim()
          .replace(/\s+/g, ' ')}`,
    ),
    '',
    signed,
    sha256(body),
  ].join('\n')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

function forward(engineUrl: string, incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): void {
  const { authorization: _, host: __, ...headers } = incoming.headers
  const target = new URL(engineUrl)
  const options = {
    host: target.hostname,
    port: target.port,
    method: incoming.method,
    path: incoming.url,
    headers,
  }
  const forwarded = request(options, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(outgoing)
  })
  forwarded.on('error', () => outgoing.destroy())
  forwarded.end(body)
}
