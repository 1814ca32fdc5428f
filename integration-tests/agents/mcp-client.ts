import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { inject } from 'vitest'
import { logOf } from '../fixtures/run-cli.ts'
import { until } from '../fixtures/until.ts'

const BINARY = fileURLToPath(new URL('../../bin/lexpand.mjs', import.meta.url))

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ...(process.env as Record<string, string>), OPENSEARCH_URL: inject('opensearchUrl'), ...more }
}

function newClient(): Client {
  return new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
}

/** The SDK's own client and the server that it talks to. */
export interface McpConnection {
  readonly client: Client
  /** Output of the server on stderr. */
  readonly log: () => string
  close(): Promise<void>
}

/** Starts `lexpand mcp` as agents do: over stdin and stdout. */
export async function overStdio(flags: readonly string[]): Promise<McpConnection> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [BINARY, 'mcp', ...flags],
    env: environment(),
    stderr: 'pipe',
  })
  let log = ''
  transport.stderr?.on('data', (chunk) => {
    log += chunk
  })
  const client = newClient()
  await client.connect(transport)
  return { client, log: () => log, close: () => client.close() }
}

export interface HttpServerProcess {
  readonly url: string
  readonly child: ChildProcess
  readonly log: () => string
  /** Ends it with SIGTERM. @returns the exit status */
  stop(): Promise<number | null>
}

/** Starts `lexpand mcp --http` on a free port. */
export async function httpServer(
  flags: readonly string[],
  { address = '127.0.0.1:0', env = {} }: { address?: string; env?: Record<string, string> } = {},
): Promise<HttpServerProcess> {
  const child = spawn(process.execPath, [BINARY, 'mcp', '--http', address, ...flags], {
    env: environment(env),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log = logOf(child)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = () => /"url":"([^"]+)"/.exec(log())?.[1]
  await until(() => url() !== undefined || child.exitCode !== null, 20_000)
  const found = url()
  if (found === undefined) throw new Error(`the server did not start: ${log()}`)
  return {
    url: found,
    child,
    log,
    stop() {
      child.kill()
      return ended
    },
  }
}

/** Connects to a server over HTTP. */
export async function overHttp(url: string, token?: string): Promise<McpConnection> {
  const client = newClient()
  const requestInit = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return { client, log: () => '', close: () => client.close() }
}

/** A call's structured content. @throws with the text of a call that failed */
export async function call(
  { client }: Pick<McpConnection, 'client'>,
  name: string,
  args: Record<string, unknown>,
): Promise<ReturnType<typeof JSON.parse>> {
  const result = await client.callTool({ name, arguments: args })
  if (result.isError === true) throw new Error(textOf(result))
  return result.structuredContent
}

/** Text of a result, whether it failed or not. */
export function textOf(result: { content?: unknown }): string {
  return (result.content as { text?: string }[]).map(({ text = '' }) => text).join('\n')
}
