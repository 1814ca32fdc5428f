import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server'
import { Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { LexpandError } from '../../sparse/errors.ts'
import { type McpServerSettings, mcpServer } from './mcp-server.ts'

export interface McpAppSettings extends McpServerSettings {
  /** Whether only this machine can reach the server; other names in the Host header are refused then. */
  readonly onlyLoopback: boolean
  /** What callers have to show as bearer token; needed unless `onlyLoopback`. At least 16 characters. */
  readonly token?: string | undefined
}

export const MCP_PATH = '/mcp'

/** Arguments of tools have bounds far below. */
const LARGEST_BODY_BYTES = 1_000_000
const SHORTEST_TOKEN = 16

/**
 * The pages of a server by Streamable HTTP: {@link MCP_PATH}, and nothing else. Web pages never reach it: of requests
 * with an Origin header, those of this machine are answered.
 *
 * @throws LexpandError CONFIGURATION without a token for a server that others can reach
 */
export function mcpApp(settings: McpAppSettings): Hono {
  const { onlyLoopback, token, onDefect } = settings
  if (token === undefined ? !onlyLoopback : token.length < SHORTEST_TOKEN) {
    throw new LexpandError(
      'CONFIGURATION',
      `[mcp] expected a token of ${SHORTEST_TOKEN} characters or more for a server that other machines can reach, got ${token === undefined ? 'none' : 'a shorter one'}. Set LEXPAND_MCP_TOKEN or LEXPAND_MCP_TOKEN_FILE, or listen on 127.0.0.1.`,
    )
  }
  const handler = createMcpHandler(() => mcpServer(settings), {
    maxRequestBodySize: LARGEST_BODY_BYTES,
    onerror: (error) => onDefect?.(error),
  })
  const app = new Hono()
  app.use(async ({ req: { raw } }, next) => {
    const refused =
      (onlyLoopback ? hostHeaderValidationResponse(raw, localhostAllowedHostnames()) : undefined) ??
      originValidationResponse(raw, localhostAllowedOrigins())
    return refused ?? next()
  })
  if (token !== undefined) app.use(bearerAuth({ token }))
  app.all(MCP_PATH, ({ req }) => handler.fetch(req.raw))
  return app
}
