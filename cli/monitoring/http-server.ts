import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { LexpandError } from '../../sparse/errors.ts'
import type { HttpAddress } from './http-address.ts'

export interface RunningServer {
  /** http://host:port with the port in use. */
  readonly url: string
  close(): Promise<void>
}

/** A monitoring system, a load balancer and a browser or two: a caller with more connections is none of them. */
const MOST_CONNECTIONS = 50
const MAX_HEADER_BYTES = 8_192
const REQUEST_MS = 10_000
const IDLE_MS = 30_000

/**
 * Serves the pages of a long-running command.
 *
 * @param mostConnections further connections are dropped
 * @throws LexpandError SERVICE when the address cannot be used
 */
export async function startHttpServer(
  app: Hono,
  address: HttpAddress,
  mostConnections: number = MOST_CONNECTIONS,
): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: IDLE_MS,
      connectionsCheckingInterval: REQUEST_MS,
    },
  }) as Server
  server.maxConnections = mostConnections
  server.listen(address)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new LexpandError(
      'SERVICE',
      `[http] expected to listen on ${address.host} port ${address.port}, got: ${message}. Free it, or name another with --http HOST:PORT.`,
      { cause },
    )
  }
  // A broken connection concerns only the other side.
  server.on('error', () => {})
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
