import { type Command, Option } from 'commander'
import { LexpandError } from '../../sparse/errors.ts'
import { concerns, Paused, readRuns } from '../../workers/reindex/index.ts'
import { integer, list, number, pruning } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import { connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { withModel } from '../shell/model.ts'
import { EXIT, printResult } from '../shell/output.ts'
import { vectorTypeOption } from '../shell/vector-type.ts'
import { versioningOption } from '../shell/versioning.ts'
import { dryRun, moveBack, runReindex } from './reindex-actions.ts'
import type { ReindexFlags } from './reindex-flags.ts'
import { estimateLines, runLines, shortRun } from './reindex-report.ts'

export function register(program: Command): void {
  const command = program
    .command('reindex')
    .description(
      'Encode an existing index in the background, or build a new one beside it (new model, pruning, mapping or field type of the vectors) while clients continue, and move the alias. Ctrl-C pauses, the same command resumes, also after a kill. The state of a run is in the index lexpand-reindex of the cluster.',
    )
    .requiredOption('--index <name>', 'index to fill; with --to, alias (or index with one) to move')
    .addOption(new Option('--to <name>', 'new index to build and to move the alias to'))
    .addOption(new Option('--fields <list>', 'text fields (default: those of the index)').argParser(list()))
    .option('--sparse-field <name>', 'field for the vectors (default: that of the index, else FIELD_sparse)')
    .addOption(
      new Option('--pruning <rule>', 'none, max_ratio:R, top_k:K, alpha_mass:M or abs_value:T').argParser(
        pruning,
      ),
    )
    .addOption(vectorTypeOption('that of the index, else rank_features'))
    .addOption(versioningOption())
    .option('--mapping-file <file>', 'JSON with mappings and settings that the new index gets instead')
    .option('--alias <name>', 'alias to make when the index has none; clients must then use it')
    .option('--queries <file>', 'queries of the gate, one a line (default: starts of sampled documents)')
    .option('--qrels <file>', 'judgments of these queries (TSV): the gate compares nDCG@10')
    .addOption(
      new Option('--min-overlap <share>', 'gate: agreement of the first ten, old and new')
        .default(0.5)
        .argParser(number(0, 1)),
    )
    .addOption(
      new Option('--max-loss <ndcg>', 'gate: how much nDCG@10 may fall')
        .default(0.01)
        .argParser(number(0, 1)),
    )
    .option('--old-model <reference>', 'model of the old index, to rank with (default: the bundled one)')
    .addOption(
      new Option(
        '--allow-failed <n>',
        'failed documents that may be in the new index (default: as many as in the old one)',
      ).argParser(integer(0, 1_000_000_000)),
    )
    .option('--no-encode', 'leave the encoding to lexpand worker')
    .option('--dry-run', 'say what it would take, from some documents encoded; writes nothing', false)
    .option('--status', 'show the runs of the index', false)
    .option('--rollback', 'move the alias back, with everything written since', false)
    .action(reindex)
  withExamples(withJson(withModel(withConnection(command))), [
    'lexpand reindex --index articles --fields title,text --dry-run',
    'lexpand reindex --index articles --fields title,text',
    'lexpand reindex --index articles --to articles-v2 --model ./my-model --queries queries.txt',
    'lexpand reindex --index articles --to articles-v3 --vector-type lexpand_impacts',
    'lexpand reindex --index articles --status',
    'lexpand reindex --index articles --rollback',
  ])
}

async function reindex(flags: ReindexFlags): Promise<void> {
  assertOneTask(flags)
  if (flags.status) return showStatus(flags)
  const signal = interruption('Pausing. The same command resumes; a second signal ends it at once.')
  try {
    if (flags.dryRun) {
      printResult(flags.json, await dryRun(flags), estimateLines)
    } else if (flags.rollback) {
      printResult(flags.json, await moveBack(flags, signal), runLines)
    } else {
      printResult(flags.json, await runReindex(flags, signal), runLines)
    }
  } catch (error) {
    if (!(error instanceof Paused)) throw error
    process.exitCode = EXIT.problems
    await showStatus(flags)
  }
}

async function showStatus(flags: ReindexFlags): Promise<void> {
  const { client } = await connect(flags, { redis: false })
  const runs = (await readRuns(client)).filter((run) => concerns(run, flags.index)).map(shortRun)
  printResult(flags.json, { index: flags.index, runs }, (shown) =>
    shown.runs.length === 0 ? `No run for ${flags.index}.` : shown.runs.map(runLines).join('\n\n'),
  )
}

function assertOneTask({ dryRun: isDry, status, rollback, to, mappingFile, alias }: ReindexFlags): void {
  const fail = (text: string) => {
    throw new LexpandError('CONFIGURATION', `[reindex] ${text}`)
  }
  if ([isDry, status, rollback].filter(Boolean).length > 1) {
    fail('expected one of --dry-run, --status and --rollback, got several. Choose one.')
  }
  if (to === undefined && (mappingFile !== undefined || alias !== undefined)) {
    fail('expected --to NAME with --mapping-file or --alias, got none: they are for a new index. Name it.')
  }
}
