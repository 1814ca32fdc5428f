import { once } from 'node:events'
import { type Command, Option } from 'commander'
import type { Logger } from 'pino'
import { Scope } from '../../integrations/tools/index.ts'
import { reveal } from '../../opensearch/login/secret.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { type HttpAddress, isLoopback, parseAddress } from '../monitoring/http-address.ts'
import { startHttpServer } from '../monitoring/http-server.ts'
import { integer, jsonObject } from '../shell/arguments.ts'
import { withConnection, withExamples } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { runLong } from '../shell/process/long-running.ts'

const DEFAULT_ADDRESS = '127.0.0.1:9465'
/** Agents hold one or two connections each; 50 simultaneous calls of one are served. */
const MOST_CONNECTIONS = 500

export function register(program: Command): void {
  const command = program
    .command('mcp')
    .description(
      'Serve search to agents by the Model Context Protocol: over stdin and stdout for a client that starts this command, or over HTTP. Read-only: search, get_document, list_indices, explain_hit, find_similar. No model runs.',
    )
    .option('--index <name...>', 'only these indices or aliases (default: all that Lexpand has set up)')
    .addOption(
      new Option(
        '--filter <json>',
        'query DSL clause that every document must match, whatever an agent asks: of a tenant, say',
      ).argParser(jsonObject),
    )
    .addOption(
      new Option('--timeout <ms>', 'time of one call').default(10_000).argParser(integer(100, 600_000)),
    )
    .addOption(
      new Option(
        '--http [address]',
        `serve Streamable HTTP at /mcp on PORT or HOST:PORT (default: ${DEFAULT_ADDRESS}); other hosts than this machine need a bearer token in LEXPAND_MCP_TOKEN or LEXPAND_MCP_TOKEN_FILE`,
      )
        .argParser(parseAddress)
        .preset(DEFAULT_ADDRESS),
    )
    .action((flags: McpFlags) =>
      runLong({ ...flags, json: false }, 'Stopping.', (logger, signal) => serve(flags, logger, signal)),
    )
  withExamples(withModel(withConnection(command)), [
    'lexpand mcp --index articles',
    `lexpand mcp --index orders --filter '{"term":{"tenant":"acme"}}'`,
    'lexpand mcp --http',
    'LEXPAND_MCP_TOKEN_FILE=/run/secrets/mcp lexpand mcp --http 0.0.0.0:9465 --index articles',
  ])
}

interface McpFlags extends ModelFlags, ConnectionFlags {
  readonly index?: readonly string[] | undefined
  readonly filter?: Record<string, unknown> | undefined
  readonly timeout: number
  readonly http?: HttpAddress | undefined
}

async function serve(flags: McpFlags, logger: Logger, signal: AbortSignal): Promise<void> {
  const { serveMcpStdio, mcpApp, MCP_PATH } = await protocol()
  const [resources, { client, configuration }] = await Promise.all([
    openModel(flags),
    connect(flags, { redis: false }),
  ])
  const { index: indices, filter, timeout: timeoutMs, http } = flags
  const scope = new Scope({ client, resources, indices, filter, timeoutMs })
  const onDefect = (err: unknown) => logger.error({ err }, 'a call failed')
  try {
    if (http === undefined) {
      const streams = { input: process.stdin, output: process.stdout }
      await serveMcpStdio({ scope, onDefect }, streams, signal)
      return
    }
    const { mcpToken } = configuration
    const token = mcpToken && reveal(mcpToken)
    const app = mcpApp({ scope, onDefect, token, onlyLoopback: isLoopback(http.host) })
    const server = await startHttpServer(app, http, MOST_CONNECTIONS)
    logger.info({ url: `${server.url}${MCP_PATH}` }, 'serving agents, until SIGTERM or Ctrl-C')
    if (!signal.aborted) await once(signal, 'abort')
    await server.close()
  } finally {
    await client.close()
  }
}

/** Loaded only by this command, from packages that are optional. */
async function protocol(): Promise<typeof import('../../integrations/mcp/index.ts')> {
  try {
    return await import('../../integrations/mcp/index.ts')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new LexpandError(
      'CONFIGURATION',
      '[mcp] expected the package @modelcontextprotocol/server, got none. Run npm install @modelcontextprotocol/server.',
      { cause },
    )
  }
}
