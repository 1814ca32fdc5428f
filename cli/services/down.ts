import type { Command } from 'commander'
import { down } from '../../embedded/index.ts'
import { withExamples, withJson } from '../shell/command.ts'
import { note, printResult } from '../shell/output.ts'
import { type ServiceFlags, servicesOf, withService } from './service-flags.ts'

/** `lexpand down`: stops the services that `lexpand up` started. */
export function register(program: Command): void {
  const command = program
    .command('down')
    .description('Stop the embedded OpenSearch and Redis. Their data stays for the next `lexpand up`.')
    .action(run)
  withExamples(withJson(withService(command)), ['lexpand down', 'lexpand down --only opensearch --json'])
}

async function run(flags: ServiceFlags): Promise<void> {
  const result = await down({ ...servicesOf(flags), onProgress: note })
  printResult(flags.json, result, ({ stopped }) =>
    stopped.length === 0 ? 'nothing was running' : `stopped ${stopped.join(' and ')}`,
  )
}
