import { type Command, InvalidArgumentError, Option } from 'commander'

export interface HttpAddress {
  readonly host: string
  readonly port: number
}

export interface HttpFlags {
  readonly http?: HttpAddress | undefined
  /** Only where there is one queue to show. */
  readonly ui?: boolean | undefined
}

/**
 * Only this machine: metrics and job ids are nobody else's business until somebody decides so. The port is the one
 * that OpenTelemetry's Prometheus exporters use.
 */
export const DEFAULT_ADDRESS: HttpAddress = { host: '127.0.0.1', port: 9464 }

const ADDRESS = /^(?:(?<host>\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):)?(?<port>\d{1,5})$/

/** The flag of commands that run for long. Without it nothing listens: two workers of one machine do not collide. */
export function withHttp(command: Command): Command {
  return command.addOption(
    new Option(
      '--http [address]',
      `serve /metrics, /healthz and /readyz on PORT or HOST:PORT (default: ${DEFAULT_ADDRESS.host}:${DEFAULT_ADDRESS.port})`,
    )
      .argParser(parseAddress)
      .preset(`${DEFAULT_ADDRESS.host}:${DEFAULT_ADDRESS.port}`),
  )
}

/** The flag of a command that works for one queue. */
export function withQueueBoard(command: Command): Command {
  return command.option('--ui', 'show the queue at /queues, read-only; implies --http', false)
}

/** Where to listen, or undefined when nothing shall. */
export function addressOf({ http, ui }: HttpFlags): HttpAddress | undefined {
  return http ?? (ui === true ? DEFAULT_ADDRESS : undefined)
}

/** @throws InvalidArgumentError */
export function parseAddress(text: string): HttpAddress {
  const { host = DEFAULT_ADDRESS.host, port = '' } = ADDRESS.exec(text)?.groups ?? {}
  // Port 0 takes a free one, which the first line of the log then names.
  if (port === '' || Number(port) > 65_535) {
    throw new InvalidArgumentError('Expected PORT or HOST:PORT, such as 9464, 0.0.0.0:9464 or [::1]:9464.')
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
