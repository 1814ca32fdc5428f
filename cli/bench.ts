import type { Command } from 'commander'
import { registerBenchEncode } from './bench-encode.ts'

export function register(program: Command): void {
  registerBenchEncode(program.command('bench').description('Measure speed on this machine.'))
}
