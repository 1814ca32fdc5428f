import { type Command, InvalidArgumentError, Option } from 'commander'

export interface HttpAddress {
  readonly host: string
  readonly port: number
}

export interface HttpFlags {
  readonly http?: HttpAddress | undefined
  /** Only for a command with a single queue. */
  readonly ui?: boolean | undefined
}

/**
 * Only this machine by default: metrics and job ids are private until somebody decides otherwise. The port is that of
 * OpenTelemetry's Prometheus exporters.
 */
export const DEFAULT_ADDRESS: HttpAddress = { host: '127.0.0.1', port: 9464 }

const ADDRESS = /^(?:(?<host>\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):)?(?<port>\d{1,5})$/

/** The option of long-running commands. Without it nothing listens, so that two workers of one machine do not collide. */
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

/** The option of a command that works for one queue. */
export function withQueueBoard(command: Command): Command {
  return command.option('--ui', 'show the queue at /queues, read-only; implies --http', false)
}

/** The address to listen on; undefined without the option. */
export function addressOf({ http, ui }: HttpFlags): HttpAddress | undefined {
  return http ?? (ui === true ? DEFAULT_ADDRESS : undefined)
}

/** @throws InvalidArgumentError */
export function parseAddress(text: string): HttpAddress {
  const { host = DEFAULT_ADDRESS.host, port = '' } = ADDRESS.exec(text)?.groups ?? {}
  // Port 0 takes a free port, which the first line of the log names.
  if (port === '' || Number(port) > 65_535) {
    throw new InvalidArgumentError('Expected PORT or HOST:PORT, such as 9464, 0.0.0.0:9464 or [::1]:9464.')
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
