import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'

/**
 * Ends TLS in front of servers that speak none, as a load balancer does: it asks for a certificate of the client and leads
 * to the next server that is there.
 */
export class TlsDoor {
  readonly #server: Server
  readonly #open = new Set<Socket>()
  readonly #targets: readonly number[]
  #turn = 0
  /** Ports of servers that nobody is led to now. */
  readonly shut = new Set<number>()

  private constructor(server: Server, targets: readonly number[]) {
    this.#server = server
    this.#targets = targets
    server.on('secureConnection', (socket) => this.#lead(socket))
  }

  /** @param targets ports on the loopback address */
  static async open(identity: SecureContextOptions, targets: readonly number[]): Promise<TlsDoor> {
    const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: true })
    const door = new TlsDoor(server, targets)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return door
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Everybody has to come in anew, by the new certificate. */
  rotate(identity: SecureContextOptions): void {
    this.#server.setSecureContext(identity)
    this.breakAll()
  }

  breakAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  close(): void {
    this.#server.close()
    this.breakAll()
  }

  #lead(incoming: TLSSocket): void {
    this.#open.add(incoming)
    incoming.on('error', () => incoming.destroy())
    incoming.on('close', () => this.#open.delete(incoming))
    this.#tryNext(incoming, this.#targets.length)
  }

  #tryNext(incoming: TLSSocket, left: number): void {
    if (left === 0 || incoming.destroyed) {
      incoming.destroy()
      return
    }
    const port = this.#targets[this.#turn++ % this.#targets.length] ?? 0
    if (this.shut.has(port)) {
      this.#tryNext(incoming, left - 1)
      return
    }
    const outgoing = connect(port, '127.0.0.1')
    let isThere = false
    outgoing.on('connect', () => {
      isThere = true
      incoming.pipe(outgoing).pipe(incoming)
      incoming.on('close', () => outgoing.destroy())
    })
    outgoing.on('error', () => (isThere ? incoming.destroy() : this.#tryNext(incoming, left - 1)))
    outgoing.on('close', () => isThere && incoming.destroy())
  }
}
