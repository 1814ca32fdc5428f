import { EngineError } from './errors.ts'
import type { NetworkPlace } from './network-place.ts'
import { freePort } from './ports.ts'

export interface PortSearch {
  /** Name of the service, for messages. */
  readonly name: string
  /** If this port is taken, another one is used. */
  readonly preferredPort: number
  /** In a namespace of its own every port is free, and the ports of this one do not matter. */
  readonly network?: NetworkPlace | undefined
  readonly onProgress?: ((message: string) => void) | undefined
}

const ATTEMPTS = 3

/**
 * Starts a service on a free port. Another program may take the port between the look-up and the service's start: the
 * service then starts once more, on another port.
 *
 * @param start throws ENGINE_PORT when the port is taken after all
 * @throws EngineError ENGINE_PORT with every port that was tried; any other error of `start`
 */
export async function startOnFreePort<T>(
  { name, preferredPort, network, onProgress }: PortSearch,
  start: (port: number) => Promise<T>,
): Promise<T> {
  const taken: number[] = []
  for (;;) {
    const port =
      network === undefined ? await freePort(taken.length === 0 ? preferredPort : 0) : preferredPort
    try {
      return await start(port)
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'ENGINE_PORT') throw error
      taken.push(port)
      // A port in a namespace, or of another member of the cluster, cannot be replaced here.
      if (network !== undefined || !error.message.includes(`:${port}`)) throw error
      if (taken.length === ATTEMPTS) throw noPort(name, taken, error)
      onProgress?.(`port ${port} was taken while ${name} started: starting it on another one`)
    }
  }
}

function noPort(name: string, taken: readonly number[], cause: EngineError): EngineError {
  return new EngineError(
    'ENGINE_PORT',
    `expected a port for ${name} that stays free until it starts, got ${taken.length} that other programs took meanwhile: ${taken.join(', ')}. Try again; if it stays so, see who opens ports: ss -ltnp, or lsof -iTCP -sTCP:LISTEN.`,
    { cause },
  )
}
