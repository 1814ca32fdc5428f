import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { type McpServerSettings, mcpServer } from './mcp-server.ts'

/** A message up to this size gets an answer, at least a refusal; a longer one ends the connection. */
const LARGEST_MESSAGE_BYTES = 32_000_000

/**
 * Serves one client over a pair of streams, until the first of them ends or the signal aborts.
 *
 * @param streams nothing else may write to `output`
 */
export async function serveMcpStdio(
  settings: McpServerSettings,
  streams: { readonly input: Readable; readonly output: Writable },
  signal: AbortSignal,
): Promise<void> {
  const { input, output } = streams
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error']) input.once(event, () => resolve())
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const { onDefect } = settings
  const served = serveStdio(() => mcpServer(settings), {
    transport: new StdioServerTransport(input, output, { maxBufferSize: LARGEST_MESSAGE_BYTES }),
    onerror: (error) => onDefect?.(error),
  })
  await ended
  await served.close()
}
