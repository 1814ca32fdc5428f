import type { Command } from 'commander'
import { type Forgotten, forget } from '../../indices/index.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { EXIT, printResult } from '../shell/output.ts'

export function register(program: Command): void {
  const command = program
    .command('forget')
    .description(
      'Remove Lexpand from an index: its pipeline, the vectors and states in the documents, their dead letters, and _meta.lexpand. Your fields and documents stay. The fields of Lexpand stay in the mapping, empty, since OpenSearch cannot remove fields.',
    )
    .requiredOption('--index <name>', 'index, or alias with one index')
    .action(forgetIndex)
  withExamples(withJson(withConnection(command)), [
    'lexpand forget --index articles',
    'lexpand forget --index articles && lexpand index articles.jsonl --index articles --fields title,body',
  ])
}

interface ForgetFlags extends ConnectionFlags {
  readonly index: string
  readonly json: boolean
}

async function forgetIndex(flags: ForgetFlags): Promise<void> {
  const { client } = await connect(flags, { redis: false })
  const signal = interruption('Stopping. Run the same command again to finish.')
  const forgotten = await forget(client, flags.index, { signal })
  printResult(flags.json, forgotten, report)
  if (!forgotten.isDone) process.exitCode = EXIT.problems
}

function report({ index, documents, staying, isDone }: Forgotten): string {
  const [vector, sidecar] = staying
  return [
    `${index}: vector and state taken out of ${documents} document${documents === 1 ? '' : 's'}`,
    isDone
      ? `The empty fields ${vector} and ${sidecar} stay in the mapping; a new index (lexpand reindex, or your own copy) has none. Set it up anew with lexpand index.`
      : 'Not finished: run the same command again.',
  ].join('\n')
}
