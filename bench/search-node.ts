// Runs `lexpand bench search` on a node of its own with our plugin and OpenSearch's neural-search, and removes the node:
// node bench/search-node.ts --documents d.jsonl --vectors v.jsonl --queries q.jsonl [...]. The node's heap: BENCH_HEAP.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startPrivateOpenSearch } from '../engine/index.ts'
import { pluginPeerHome } from '../integration-tests/plugin-home.ts'

console.error(
  '[bench] node of its own, with the full compiler (C2) as a server has it; nodes of tests have C1 only',
)
const node = await startPrivateOpenSearch({
  isShortLived: false,
  home: await pluginPeerHome(),
  heap: process.env.BENCH_HEAP ?? '2g',
})
try {
  const lexpand = fileURLToPath(new URL('../bin/lexpand.mjs', import.meta.url))
  const options = ['bench', 'search', '--opensearch', node.url, ...process.argv.slice(2)]
  const child = spawn(process.execPath, [lexpand, ...options], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  process.exitCode = Number(code ?? 1)
} finally {
  await node.stop()
}
