import { type Command, Option } from 'commander'
import { curvesText, planText } from './advise-report.ts'
import { adviseOn, planAdvise } from './advise-run.ts'
import { integer, number } from './arguments.ts'
import { withConnection, withExamples, withJson } from './command.ts'
import type { ConnectionFlags } from './configuration.ts'
import { type ModelFlags, withModel } from './model.ts'
import { printResult } from './output.ts'

export function register(program: Command): void {
  const command = program
    .command('advise')
    .description(
      `Measure size, latency and quality of an index against stronger pruning, other query tables and two-phase scoring, and say what to change and what it costs.
Reads a sample of stored vectors and writes copies of it to hidden throw-away indices (lexpand-advise-*, one shard, no replicas), which it deletes again. The index itself is only read.`,
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
    .option('--dry-run', 'say what would be read and written; writes nothing', false)
    .action(advise)
  withExamples(withJson(withModel(withConnection(command))), [
    'lexpand advise --index articles --dry-run',
    'lexpand advise --index articles --queries queries.txt',
    'lexpand advise --index articles --queries queries.jsonl --qrels qrels.tsv',
    "lexpand advise --index articles --queries queries.txt --json | jq '.advice[] | select(.change).command'",
  ])
}

export interface AdviseFlags extends ConnectionFlags, ModelFlags {
  readonly index: string
  readonly queries?: string
  readonly qrels?: string
  readonly sample: number
  readonly limit: number
  readonly rounds: number
  readonly maxLoss: number
  readonly minOverlap: number
  readonly dryRun: boolean
  readonly json: boolean
}

async function advise(flags: AdviseFlags): Promise<void> {
  if (flags.dryRun) printResult(flags.json, await planAdvise(flags), planText)
  else printResult(flags.json, await adviseOn(flags), curvesText)
}
