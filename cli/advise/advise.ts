import { type Command, Option } from 'commander'
import type { AdviseOptions, AdviseProgress } from '../../advise/options.ts'
import { adviseOn, openForAdvice, planAdvise } from '../../advise/run.ts'
import { integer, number } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { openModel, withModel } from '../shell/model.ts'
import { EXIT, note, printResult } from '../shell/output.ts'
import { progressBar } from '../shell/progress.ts'
import { curvesText, planText } from './advise-report.ts'

export function register(program: Command): void {
  const command = program
    .command('advise')
    .description(
      `Measure size, latency and quality of an index against stronger pruning, other query tables and two-phase scoring, and say what to change and what it costs.
Reads a sample of stored vectors and writes copies of it to hidden throw-away indices (lexpand-advise-*, one shard, no replicas), which it deletes again. The index itself is searched and read; --store alone writes, a note in its mapping.`,
    )
    .requiredOption('--index <name>', 'index, or alias with one')
    .option(
      '--queries <file>',
      'real queries, one a line or JSON lines with _id and text (default: first sentences of sampled documents, which is much weaker)',
    )
    .option(
      '--qrels <file>',
      'judgments of these queries (TSV: query id, document id, grade): nDCG@10 decides instead of the overlap with the present first ten',
    )
    .addOption(
      new Option('--sample <n>', 'documents to read and copy')
        .default(20_000)
        .argParser(integer(10, 200_000)),
    )
    .addOption(
      new Option('--limit <n>', 'queries, from the first on').default(200).argParser(integer(1, 10_000)),
    )
    .addOption(
      new Option('--rounds <n>', 'counted passes of the latency').default(3).argParser(integer(1, 100)),
    )
    .addOption(
      new Option('--max-loss <ndcg>', 'with judgments: how much nDCG@10 may fall')
        .default(0.003)
        .argParser(number(0, 1)),
    )
    .addOption(
      new Option('--min-overlap <share>', 'without: how much of the first ten must stay')
        .default(0.98)
        .argParser(number(0, 1)),
    )
    .option('--store', 'keep with the index which balance and feedback its searches use on auto', false)
    .option('--dry-run', 'say what would be read and written; writes nothing', false)
    .action(advise)
  withExamples(withJson(withModel(withConnection(command))), [
    'lexpand advise --index articles --dry-run',
    'lexpand advise --index articles --queries queries.txt',
    'lexpand advise --index articles --queries queries.jsonl --qrels qrels.tsv',
    'lexpand advise --index articles --queries queries.jsonl --qrels qrels.tsv --store',
    "lexpand advise --index articles --queries queries.txt --json | jq '.advice[] | select(.change).command'",
  ])
}

interface AdviseFlags extends AdviseOptions, ConnectionFlags {
  readonly dryRun: boolean
  readonly json: boolean
}

async function advise(flags: AdviseFlags): Promise<void> {
  const model = await openModel(flags)
  const { client } = await connect(flags, { redis: false })
  const opened = await openForAdvice(client, model, flags)
  if (flags.dryRun) return printResult(flags.json, await planAdvise(opened, flags), planText)
  const stopped = interruption(
    'Stopping: deleting the throw-away indices. A second signal leaves them to the next run.',
  )
  const bar = progressBar('read')
  const progress: AdviseProgress = {
    note,
    onRead(done, wanted) {
      bar.update(done, wanted)
      if (done >= wanted) bar.stop()
    },
    onLeft(indices) {
      process.exitCode = EXIT.problems
      note(`Could not delete ${indices.join(', ')}: the next lexpand advise will, or DELETE them.`)
    },
  }
  const run = await adviseOn(opened, flags, progress, stopped).finally(() => bar.stop())
  printResult(flags.json, run, curvesText)
}
