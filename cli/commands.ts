import type { Command } from 'commander'

interface CommandModule {
  register(program: Command): void
}

/** The module of each command, in the order of the help: services, documents, queries, proof. */
export const COMMANDS = {
  up: () => import('./services/up.ts'),
  down: () => import('./services/down.ts'),
  status: () => import('./services/status.ts'),
  index: () => import('./index/index-documents.ts'),
  worker: () => import('./operate/worker.ts'),
  sweep: () => import('./operate/sweep.ts'),
  indices: () => import('./operate/indices.ts'),
  queue: () => import('./operate/queue.ts'),
  reindex: () => import('./reindex/reindex.ts'),
  dead: () => import('./operate/dead.ts'),
  audit: () => import('./operate/audit.ts'),
  forget: () => import('./operate/forget.ts'),
  advise: () => import('./advise/advise.ts'),
  search: () => import('./search/search.ts'),
  mcp: () => import('./search/mcp.ts'),
  encode: () => import('./encode.ts'),
  eval: () => import('./eval/eval.ts'),
  bench: benchCommand,
  doctor: () => import('./doctor/doctor.ts'),
  demo: () => import('./demo/demo.ts'),
} as const satisfies Record<string, () => Promise<CommandModule>>

export function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name)
}

/** The npm package contains no benchmarks; its command says where they are. */
async function benchCommand(): Promise<CommandModule> {
  const benchmarks: string = './bench/bench.ts'
  try {
    return (await import(benchmarks)) as CommandModule
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    return import('./shell/no-bench.ts')
  }
}
