import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { program, testFolder } from './test-folder.ts'

/** Faults of the server, in order; when the list is empty, it works. */
export type Fault =
  /** Sends this many bytes of the body, then breaks the connection. */
  | { readonly breakAfter: number }
  | { readonly status: number; readonly location?: string | undefined }
  /** Ignores the range and sends everything. */
  | { readonly ignoreRange: true }

export interface ArchiveServer {
  /** Value for LEXPAND_DISTRIBUTION_URL. */
  readonly url: string
  /** `path range` of each request for the archive so far. */
  readonly requests: readonly string[]
  readonly faults: Fault[]
}

/** A server with the layout of OpenSearch's own: an archive and its `.sha512` below the version. */
export async function archiveServer(archive: Buffer, digest = sha512(archive)): Promise<ArchiveServer> {
  const requests: string[] = []
  const faults: Fault[] = []
  const answer = (incoming: IncomingMessage, response: ServerResponse) => {
    if (incoming.url?.endsWith('.sha512')) {
      response.end(`${digest}  ${incoming.url.split('/').at(-1)?.replace('.sha512', '')}\n`)
      return
    }
    requests.push(`${incoming.url} ${incoming.headers.range ?? 'whole'}`)
    const fault = faults.shift()
    if (fault !== undefined && 'status' in fault) {
      response.writeHead(fault.status, fault.location === undefined ? {} : { location: fault.location }).end()
      return
    }
    const asked = Number(/^bytes=(\d+)-$/.exec(incoming.headers.range ?? '')?.[1] ?? 0)
    const start = fault !== undefined && 'ignoreRange' in fault ? 0 : asked
    if (start >= archive.length) {
      response.writeHead(416, { 'content-range': `bytes */${archive.length}` }).end()
      return
    }
    const body = archive.subarray(start)
    const range = `bytes ${start}-${archive.length - 1}/${archive.length}`
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': body.length,
      ...(start === 0 ? {} : { 'content-range': range }),
    })
    if (fault === undefined || !('breakAfter' in fault)) response.end(body)
    // The connection ends in order: a reset could discard bytes already sent.
    else response.write(body.subarray(0, fault.breakAfter), () => response.socket?.end())
  }
  return { url: await serve(answer), requests, faults }
}

/** A proxy for plain http and, by CONNECT, for TLS. @returns its address and a list of the passed requests */
export async function proxyServer(): Promise<{ url: string; passed: string[] }> {
  const passed: string[] = []
  const server = createServer((incoming, response) => {
    passed.push(`${incoming.method} ${incoming.url}`)
    const onward = request(incoming.url ?? '', { headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.once('error', () => response.destroy())
    incoming.pipe(onward)
  })
  server.on('connect', ({ url = '' }, socket) => {
    passed.push(`CONNECT ${url}`)
    const { hostname, port } = new URL(`http://${url}`)
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [onward, socket]) end.on('error', () => socket.destroy())
  })
  return { url: await listen(server), passed }
}

/** A small archive with the layout of a minimal distribution. @returns a .tar.gz */
export function smallDistribution(): Buffer {
  small ??= packDistribution()
  return small
}

let small: Buffer | undefined

function packDistribution(): Buffer {
  const [folder, top] = [testFolder(), 'opensearch-min']
  const jdk = join(folder, top, 'jdk')
  program(join(jdk, 'bin', 'java'), 'exit 0')
  program(join(jdk, 'bin', 'jar'), 'exit 0')
  writeFileSync(join(jdk, 'release'), 'JAVA_VERSION="25.0.3"\nMODULES="java.base jdk.localedata"\n')
  mkdirSync(join(folder, top, 'lib'))
  // Random bytes make the archive longer than one packet.
  const noise = Array.from({ length: 9_000 }, (_, at) => createHash('sha256').update(`${at}`).digest('hex'))
  writeFileSync(join(folder, top, 'lib', 'opensearch.jar'), noise.join(''), { mode: 0o600 })
  execFileSync('tar', ['-czf', join(folder, 'archive'), '-C', folder, top])
  return readFileSync(join(folder, 'archive'))
}

export function sha512(bytes: Buffer): string {
  return createHash('sha512').update(bytes).digest('hex')
}

function serve(answer: (incoming: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  return listen(createServer(answer))
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
