// Asks an index as an agent does, by the Model Context Protocol: `node mcp-client.ts INDEX QUESTION`.
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const [index = 'articles', query = 'why does the sea rise?'] = process.argv.slice(2)
// A client such as an editor does this by its settings: "command": "npx", "args": ["lexpand", "mcp", "--index", "articles"].
const transport = new StdioClientTransport({
  command: process.execPath,
  args: [fileURLToPath(new URL('../bin/lexpand.mjs', import.meta.url)), 'mcp', '--index', index],
  env: process.env as Record<string, string>,
})
const client = new Client({ name: 'example', version: '1.0.0' })
await client.connect(transport)
try {
  const { content } = await client.callTool({ name: 'search', arguments: { query, limit: 2 } })
  for (const part of content) if (part.type === 'text') console.log(part.text)
} finally {
  await client.close()
}
