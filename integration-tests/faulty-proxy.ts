import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the engine says when it has no room, as 3.6.0 words it. */
const REFUSALS = {
  rejected: {
    status: 429,
    type: 'rejected_execution_exception',
    reason: 'rejected execution of coordinating operation',
  },
  breaker: {
    status: 429,
    type: 'circuit_breaking_exception',
    reason: '[parent] Data too large, data for [<http_request>]',
  },
  unavailable: { status: 503, type: 'unavailable_shards_exception', reason: 'primary shard is not active' },
} as const

/** Answers a request itself, or gives undefined to let the engine do it. */
export type Fault = (request: { readonly method: string; readonly path: string }) => Answer | undefined

interface Answer {
  readonly status: number
  readonly body: object
}

export interface FaultyProxy {
  readonly url: string
  /** Undefined lets everything through. */
  fault: Fault | undefined
  /** Milliseconds that every answer to a search says it took more; it is held back as long. */
  searchDelayMs: number
  /** Requests that `fault` answered. */
  refused: number
  close(): Promise<void>
}

/** Stands before the engine and refuses what a test wants refused. */
export async function faultyProxy(engineUrl: string): Promise<FaultyProxy> {
  const engine = new URL(engineUrl)
  const server = createServer((incoming, outgoing) => {
    const place = { method: incoming.method ?? '', path: incoming.url ?? '' }
    const answer = proxy.fault?.(place)
    if (answer !== undefined) {
      proxy.refused++
      incoming.resume().on('end', () => {
        outgoing.writeHead(answer.status, { 'content-type': 'application/json' })
        outgoing.end(JSON.stringify(answer.body))
      })
    } else if (place.path.includes('/_search') && proxy.searchDelayMs > 0) slowly(engine, incoming, outgoing)
    else forward(engine, incoming, outgoing)
  })
  const proxy = {
    url: '',
    fault: undefined as Fault | undefined,
    searchDelayMs: 0,
    refused: 0,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  function slowly(to: URL, incoming: IncomingMessage, outgoing: ServerResponse) {
    const { searchDelayMs } = proxy
    const forwarded = request(to, { ...place(incoming), headers: incoming.headers }, async (reply) => {
      const parts: Buffer[] = []
      for await (const part of reply) parts.push(part as Buffer)
      const body = JSON.parse(Buffer.concat(parts).toString())
      if (typeof body.took === 'number') body.took += searchDelayMs
      setTimeout(() => {
        outgoing.writeHead(reply.statusCode ?? 502, { 'content-type': 'application/json' })
        outgoing.end(JSON.stringify(body))
      }, searchDelayMs)
    })
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy
}

/** Every other request to `_bulk` is refused as a whole. */
export function halfOfBulks(kind: keyof typeof REFUSALS): Fault {
  const { status, type, reason } = REFUSALS[kind]
  const error = { type, reason }
  let bulks = 0
  return ({ path }) =>
    /\/_bulk\b/.test(path) && bulks++ % 2 === 0
      ? { status, body: { error: { root_cause: [error], ...error }, status } }
      : undefined
}

function place({ method, url }: IncomingMessage) {
  return { method: method ?? 'GET', path: url ?? '/' }
}

function forward(engine: URL, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const forwarded = request(engine, { ...place(incoming), headers: incoming.headers }, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(outgoing)
  })
  forwarded.on('error', () => outgoing.destroy())
  incoming.pipe(forwarded)
}
