import type { Command } from 'commander'
import { readSpecification } from '../mappings/index.ts'
import { openQueue, type SweepReport, sweep } from '../workers/index.ts'
import { withConnection, withExamples, withJson } from './command.ts'
import type { ConnectionFlags } from './configuration.ts'
import { connect } from './connect.ts'
import { printResult } from './output.ts'

export function register(program: Command): void {
  const command = program
    .command('sweep')
    .description(
      'Queue every document of an index that waits for a vector: written by other clients, or left by a crash.',
    )
    .requiredOption('--index <name>', 'index or alias')
    .action(sweepIndex)
  withExamples(withJson(withConnection(command)), [
    'lexpand sweep --index articles',
    'watch -n 60 lexpand sweep --index articles',
  ])
}

interface SweepFlags extends ConnectionFlags {
  readonly index: string
  readonly json: boolean
}

async function sweepIndex(flags: SweepFlags): Promise<void> {
  const { client, redisUrl } = await connect(flags)
  const { model } = await readSpecification(client, flags.index)
  const queue = await openQueue(redisUrl, model.identity)
  try {
    const report = await sweep(client, queue, flags.index)
    printResult(flags.json, report, ({ found, jobs }: SweepReport) =>
      found === 0
        ? 'Nothing waits for a vector.'
        : `${found} documents wait, queued as ${jobs} jobs. Next: lexpand worker`,
    )
  } finally {
    await queue.close()
  }
}
