import type { Command } from 'commander'
import { registerBenchEncode } from './bench-encode.ts'
import { registerBenchIngest } from './bench-ingest.ts'
import { registerBenchSearch } from './bench-search.ts'

export function register(program: Command): void {
  const bench = program.command('bench').description('Measure speed on this machine.')
  registerBenchEncode(bench)
  registerBenchIngest(bench)
  registerBenchSearch(bench)
}
