import type { Command } from 'commander'
import { LexpandError } from '../../sparse/errors.ts'

/** Replaces the benchmarks, which only the repository contains. */
export function register(program: Command): void {
  program
    .command('bench', { hidden: true })
    .argument('[arguments...]')
    .allowUnknownOption()
    .action(() => {
      throw new LexpandError(
        'CONFIGURATION',
        '[bench] expected a checkout of the repository, got the npm package, which has no benchmarks. Run the command in a checkout.',
      )
    })
}
