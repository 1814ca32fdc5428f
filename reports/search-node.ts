// Runs `lexpand bench search` on a private node with the Lexpand plugin and OpenSearch's neural-search, and removes the
// node: node reports/search-node.ts --documents d.jsonl --vectors v.jsonl --queries q.jsonl [...]. BENCH_HEAP sets the
// node's heap.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { BenchServices } from './benchmarks/services.ts'
import { projectFile } from './report-source.ts'

const services = new BenchServices({ heap: process.env.BENCH_HEAP ?? '2g' })
try {
  const flags = await services.flags(['opensearch'])
  const call = [projectFile('bin/lexpand.mjs'), 'bench', 'search', ...flags, ...process.argv.slice(2)]
  const [code] = await once(spawn(process.execPath, call, { stdio: 'inherit' }), 'exit')
  process.exitCode = Number(code ?? 1)
} finally {
  await services.stop()
}
