import type { Command } from 'commander'
import { type IndexOverview, listIndices, type UnreadIndex } from '../../indices/list-indices.ts'
import { openQueue } from '../../workers/index.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { EXIT, printResult } from '../shell/output.ts'

/** `lexpand indices`: the indices of a cluster that Lexpand has set up. */
export function register(program: Command): void {
  const command = program
    .command('indices')
    .description(
      'Show every index of the cluster that Lexpand has set up: model, fields, coverage, oldest pending document, queue. Exit status 1 when one cannot be read.',
    )
    .option('--index <name...>', 'only these indices or aliases')
    .action(showIndices)
  withExamples(withJson(withConnection(command)), [
    'lexpand indices',
    "lexpand indices --json | jq -r '.indices[] | select(.coverage < 1) | .index'",
  ])
}

interface IndicesFlags extends ConnectionFlags {
  readonly index?: readonly string[] | undefined
  readonly json: boolean
}

async function showIndices(flags: IndicesFlags): Promise<void> {
  const { client, redisPlace } = await connect(flags)
  const rows = await listIndices({
    client,
    indices: flags.index,
    openQueue: (identity) => openQueue({ redis: redisPlace, model: { identity } }),
  })
  printResult(flags.json, { indices: rows.map(asRow) }, () => asTable(rows))
  if (!rows.every(isRead)) process.exitCode = EXIT.problems
}

function isRead(row: IndexOverview | UnreadIndex): row is IndexOverview {
  return !('problem' in row)
}

function asRow(row: IndexOverview | UnreadIndex) {
  if (!isRead(row)) return row
  const { oldestPendingSeconds, queue, coverage, ...rest } = row
  return {
    ...rest,
    coverage: Number(coverage.toFixed(4)),
    oldest_pending_seconds: Math.round(oldestPendingSeconds),
    queue: queue === undefined ? null : queueRow(queue),
  }
}

function queueRow({ name, waiting, active, failed, isPaused, workers }: NonNullable<IndexOverview['queue']>) {
  return { name, waiting, active, failed, paused: isPaused, workers }
}

const HEAD = ['index', 'model', 'fields', 'documents', 'covered', 'pending', 'oldest', 'failed', 'queue']

function asTable(rows: readonly (IndexOverview | UnreadIndex)[]): string {
  if (rows.length === 0) {
    return 'Lexpand has set up no index of this cluster. Next: lexpand index SOURCE --index NAME'
  }
  const read = rows.filter(isRead)
  const cells = read.map((row) => [
    row.index,
    `${row.model.name} ${row.model.version}`,
    row.fields.join(','),
    String(row.documents),
    percentage(row.coverage),
    String(row.pending),
    row.pending === 0 ? '-' : age(row.oldestPendingSeconds),
    String(row.failed),
    row.queue === undefined ? '-' : queueText(row.queue),
  ])
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...cells.map((line) => line[column]?.length ?? 0)),
  )
  const lines = [HEAD, ...cells].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const unread = rows.flatMap((row) => (isRead(row) ? [] : [`${row.index}: ${row.problem}`]))
  return [...(cells.length === 0 ? [] : lines), ...unread].join('\n')
}

/** Shows 100% only where nothing is missing. */
function percentage(share: number): string {
  return `${(Math.floor(share * 1_000) / 10).toFixed(1)}%`
}

function age(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

function queueText({ waiting, active, isPaused, workers }: NonNullable<IndexOverview['queue']>): string {
  const state = isPaused ? 'paused, ' : ''
  return `${state}${waiting} waiting, ${active} running, ${workers} ${workers === 1 ? 'worker' : 'workers'}`
}
