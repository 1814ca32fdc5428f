export { MCP_PATH, mcpApp } from './http.ts'
export { serveMcpStdio } from './stdio.ts'
