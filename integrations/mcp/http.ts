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
  /** Bearer token that callers have to send; required unless `onlyLoopback`. At least 16 characters. */
  readonly token?: string | undefined
}

export const MCP_PATH = '/mcp'

/** The bounds of arguments are far below. */
const LARGEST_BODY_BYTES = 1_000_000
const SHORTEST_TOKEN = 16

/**
 * Serves MCP by Streamable HTTP at {@link MCP_PATH} only. Web pages of other machines cannot reach it: requests with a
 * foreign Origin header are refused.
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
