import { type Command, Option } from 'commander'
import {
  type DropReport,
  dropLetters,
  type EncodeQueue,
  type LetterFilter,
  openQueue,
  REASON_CLASSES,
  type ReasonClass,
  type ReplayReport,
  replayLetters,
  standingLetters,
  type VerifiedLetter,
} from '../../workers/index.ts'
import { duration, integer } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { EXIT, printResult } from '../shell/output.ts'
import { progressBar } from '../shell/progress.ts'

/** `lexpand dead`: lists, replays and drops the letters of documents without a vector. */
export function register(program: Command): void {
  const dead = program
    .command('dead')
    .description('Documents that could not be encoded: show why, try them again, or forget them.')

  const list = dead
    .command('list')
    .description(
      'Show why documents have no vector, newest first. Entries of documents that were deleted, changed or encoded since then are removed.',
    )
    .option('--limit <number>', 'entries to show; all are counted', integer(0, 1_000_000_000))
    .option('--counts', 'only the counts', false)
    .action(listLetters)
  withExamples(withJson(withConnection(withFilters(list))), [
    'lexpand dead list',
    'lexpand dead list --reason mapper --newer-than 2h',
    "lexpand dead list --json | jq -r '[.index, .id, .reason] | @tsv'",
    'lexpand dead list --counts --json',
  ])

  const replay = dead
    .command('replay')
    .description(
      'Queue the documents again, once the cause is gone. Their entries go when they are encoded. Exit status 1 when the engine still refuses some.',
    )
    .option('--dry-run', 'only count', false)
    .action(replayAll)
  withExamples(withJson(withConnection(withFilters(replay))), [
    'lexpand dead replay --reason encoder',
    'lexpand dead replay --index articles --dry-run',
  ])

  const drop = dead
    .command('drop')
    .description('Forget entries. Their documents stay as they are: failed, without a vector.')
    .option('--all', 'every entry, where no filter is given', false)
    .option('--dry-run', 'only count', false)
    .action(dropAll)
  withExamples(withJson(withConnection(withFilters(drop))), [
    'lexpand dead drop --reason limit --older-than 30d',
    'lexpand dead drop --all --dry-run',
  ])
}

function withFilters(command: Command): Command {
  return command
    .addOption(new Option('--reason <class>', 'kind of cause').choices(REASON_CLASSES))
    .option('--index <name>', 'index or alias')
    .option('--id <id>', 'document')
    .option('--older-than <duration>', 'failed at least this long ago: 90s, 15m, 2h, 30d', duration)
    .option('--newer-than <duration>', 'failed at most this long ago', duration)
}

interface FilterFlags extends ConnectionFlags {
  readonly reason?: ReasonClass | undefined
  readonly index?: string | undefined
  readonly id?: string | undefined
  readonly olderThan?: number | undefined
  readonly newerThan?: number | undefined
  readonly json: boolean
}

interface ListFlags extends FilterFlags {
  readonly limit?: number | undefined
  readonly counts: boolean
}

/** Number of letters shown to people; scripts get all. */
const SHOWN = 50

async function listLetters(flags: ListFlags): Promise<void> {
  const { client } = await connect(flags, { redis: false })
  const counts = { documents: 0, by_reason: new Map<string, number>(), by_index: new Map<string, number>() }
  const limit = flags.counts ? 0 : (flags.limit ?? (flags.json ? Number.POSITIVE_INFINITY : SHOWN))
  for await (const page of standingLetters(client, filterOf(flags))) {
    for (const stored of page) {
      if (counts.documents++ < limit) printResult(flags.json, asRow(stored), asLine)
      countUp(counts.by_reason, stored.letter.reason_class)
      countUp(counts.by_index, stored.letter.index)
    }
  }
  if (flags.json && !flags.counts) return
  const { documents, by_reason, by_index } = counts
  const summary = {
    documents,
    by_reason: Object.fromEntries(by_reason),
    by_index: Object.fromEntries(by_index),
  }
  printResult(flags.json, summary, () => {
    if (documents === 0) return 'No dead letters.'
    const shown = Math.min(limit, documents)
    return `${documents} documents (${shown} shown): ${asText(by_reason)}; in ${asText(by_index)}`
  })
}

function asRow({ letter, standing }: VerifiedLetter) {
  return { ...letter, standing }
}

function asLine({
  failed_at,
  reason_class,
  index,
  id,
  attempts,
  standing,
  reason,
}: ReturnType<typeof asRow>) {
  const tries = attempts === 1 ? '' : `, ${attempts} attempts`
  const state = standing === 'waiting' ? ', waits to be tried again' : ''
  return `${failed_at}  ${reason_class.padEnd(7)}  ${index}/${id}${tries}${state}  ${reason}`
}

function asText(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
}

function countUp(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

async function replayAll(flags: FilterFlags & { readonly dryRun: boolean }): Promise<void> {
  const { client, redisPlace } = await connect(flags)
  const queues = new Map<string, Promise<EncodeQueue>>()
  const queueOf = (identity: string) => {
    const queue = queues.get(identity) ?? openQueue({ redis: redisPlace, model: { identity } })
    queues.set(identity, queue)
    return queue
  }
  const bar = progressBar('replay')
  try {
    const report = await replayLetters({ client, queueOf }, filterOf(flags), {
      dryRun: flags.dryRun,
      onProgress: ({ found }) => bar.update(found, found),
    })
    bar.stop()
    printResult(flags.json, { ...report, dry_run: flags.dryRun }, replayed)
    if (report.refused > 0) process.exitCode = EXIT.problems
  } finally {
    bar.stop()
    for (const queue of queues.values()) await queue.then((open) => open.close()).catch(() => {})
  }
}

function replayed({
  found,
  replayed,
  gone,
  changed,
  refused,
  refusals,
  dry_run,
}: ReplayReport & { dry_run: boolean }) {
  if (found === 0) return 'No dead letters.'
  const lines = [
    `${found} dead letters: ${replayed} documents ${dry_run ? 'would be queued' : 'queued'} again, ${gone} gone, ${changed} changed since, ${refused} refused`,
    ...refusals.map(({ index, id, reason }) => `  ${index}/${id}: ${reason}`),
  ]
  return lines.join('\n')
}

async function dropAll(
  flags: FilterFlags & { readonly all: boolean; readonly dryRun: boolean },
  command: Command,
): Promise<void> {
  const filter = filterOf(flags)
  if (Object.values(filter).every((value) => value === undefined) && !flags.all)
    command.error('error: expected a filter or --all. Name what to forget.', { exitCode: EXIT.usage })
  const { client } = await connect(flags, { redis: false })
  const report = await dropLetters(client, filter, { dryRun: flags.dryRun })
  printResult(flags.json, { ...report, dry_run: flags.dryRun }, ({ found, dropped }: DropReport) =>
    flags.dryRun ? `${found} dead letters would be dropped` : `${dropped} dead letters dropped`,
  )
}

function filterOf({ reason, index, id, olderThan, newerThan }: FilterFlags): LetterFilter {
  return { reason, index, id, olderThanSeconds: olderThan, newerThanSeconds: newerThan }
}
