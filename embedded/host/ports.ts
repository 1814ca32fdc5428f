import { type AddressInfo, connect, createServer } from 'node:net'

/** The only address on which embedded services listen. */
export const LOOPBACK = '127.0.0.1'

/** The preferred port, or one of the next nine, or any that the system offers; free at the time of the look-up. */
export async function freePort(preferred: number): Promise<number> {
  for (let port = preferred; port > 0 && port < preferred + 10; port++) {
    // Some systems allow a second listener on the loopback address beside one on all addresses, so the port is tried
    // with a connection first.
    if (!(await answers(port)) && (await bind(port)) !== undefined) return port
  }
  const offered = await bind(0)
  if (offered === undefined) throw new Error(`no port can be opened on ${LOOPBACK}`)
  return offered
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port, timeout: 1_000 })
    const settle = (answered: boolean) => () => {
      socket.destroy()
      resolve(answered)
    }
    // A listener that is too busy to accept is still a listener.
    socket.once('connect', settle(true)).once('timeout', settle(true)).once('error', settle(false))
  })
}

function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const { port: bound } = server.address() as AddressInfo
      server.close(() => resolve(bound))
    })
  })
}
