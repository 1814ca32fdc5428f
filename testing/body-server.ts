import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * An HTTP server that hands each request's path and whole body to `answer`, until the test ends.
 *
 * @returns its address, and the connections that it was asked over
 */
export async function bodyServer(
  answer: (path: string, body: string, response: ServerResponse) => void,
): Promise<{ readonly url: string; readonly connections: ReadonlySet<unknown> }> {
  const connections = new Set<unknown>()
  const server = createServer((request, response) => {
    connections.add(request.socket)
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => answer(request.url ?? '', body, response))
  })
  return { url: `http://127.0.0.1:${await portOf(server)}`, connections }
}

/** Starts a server on a free port of the loopback address, until the test ends. */
export async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
