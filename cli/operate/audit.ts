import { type Command, Option } from 'commander'
import {
  type AuditResult,
  type AuditSample,
  audit,
  type EncodeQueue,
  openQueue,
} from '../../workers/index.ts'
import { integer } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { EXIT, printResult } from '../shell/output.ts'
import { progressBar } from '../shell/progress.ts'
import { snakeName } from '../shell/snake-case.ts'

export function register(program: Command): void {
  const command = program
    .command('audit')
    .description(
      'Prove that every document of an index has the vector of its present text. Reads all of them. Exit status 1 when there are problems: pending for too long, failed, stale, foreign, a vector that is missing or should not exist. Truncated, empty and oversized documents are counted and are no problem of their own.',
    )
    .requiredOption('--index <name>', 'index or alias; each index behind an alias is audited')
    .option(
      '--repair',
      'queue what is pending, stale, foreign or without its vector; failed ones are for lexpand dead replay',
      false,
    )
    .addOption(
      new Option('--sample <count>', 'examples of each finding').default(5).argParser(integer(0, 10_000)),
    )
    .addOption(
      new Option('--grace <seconds>', 'how long a document may be pending')
        .default(300)
        .argParser(integer(0, 31_536_000)),
    )
    .action(auditIndex)
  withExamples(withJson(withConnection(command)), [
    'lexpand audit --index articles',
    'lexpand audit --index articles --repair && echo nothing to repair',
    "lexpand audit --index articles --json --sample 100 | jq -r '.samples.stale[].id'",
  ])
}

interface AuditFlags extends ConnectionFlags {
  readonly index: string
  readonly repair: boolean
  readonly sample: number
  readonly grace: number
  readonly json: boolean
}

async function auditIndex(flags: AuditFlags): Promise<void> {
  const signal = interruption('Stopping: the counts will be of what was read.')
  const { client, redisPlace, configuration } = await connect(flags, { redis: flags.repair })
  const queues = new Map<string, EncodeQueue>()
  const progress = progressBar('audit')
  try {
    const result = await audit(client, flags.index, {
      samples: flags.sample,
      graceSeconds: flags.grace,
      maxTextBytes: configuration.maxTextBytes,
      signal,
      onProgress: (read, documents) => progress.update(read, documents),
      ...(flags.repair
        ? {
            repairQueue: async (identity: string) => {
              const queue =
                queues.get(identity) ?? (await openQueue({ redis: redisPlace, model: { identity } }))
              queues.set(identity, queue)
              return queue
            },
          }
        : {}),
    })
    progress.stop()
    printResult(flags.json, { ...result, ...(signal.aborted ? { interrupted: true } : {}) }, (shown) =>
      table(shown, flags),
    )
    if (result.problems > 0 || signal.aborted) process.exitCode = EXIT.problems
  } finally {
    progress.stop()
    for (const queue of queues.values()) await queue.close()
  }
}

const ROWS: readonly (readonly [keyof AuditResult & keyof AuditResult['indices'][number], string])[] = [
  ['ready', 'their vector is that of their text, unless counted below'],
  ['pending', 'wait for a vector'],
  ['overdue', '! pending for longer than the grace time'],
  ['empty', 'without text'],
  ['failed', '! refused: lexpand dead list'],
  ['stale', '! the text changed after it was encoded'],
  ['foreign', '! encoded by another model or set-up'],
  ['vectorMissing', '! ready, without a vector'],
  ['orphanVector', '! not ready, with a vector'],
  ['truncated', 'longer than their windows'],
  ['oversized', "longer than the workers' limit"],
  ['unreadable', 'in a language or script that the model can hardly read: their vectors are noise'],
]

/** Table of documents by state and finding; a number other than 0 in a row with "!" makes the exit status 1. */
export function table(result: AuditResult, { repair }: Pick<AuditFlags, 'repair'>): string {
  const { index, documents, problems, seconds, repaired } = result
  const width = String(documents).length
  const rows = ROWS.map(
    ([key, meaning]) => `  ${snakeName(key).padEnd(15)}${String(result[key]).padStart(width)}  ${meaning}`,
  )
  return [
    `${index}${names(result)}: ${documents} documents in ${seconds.toFixed(1)} s`,
    ...rows,
    ...samplesOf(result),
    ...(repaired === undefined
      ? []
      : [
          `Queued ${repaired.queued} documents (${repaired.waiting} more were queued already), removed ${repaired.cleared} vectors, ${repaired.overtaken} had changed meanwhile. Next: lexpand worker, then audit again.`,
        ]),
    problems === 0
      ? 'No problems.'
      : `${problems} documents have problems.${repair ? '' : ' Next: lexpand audit --repair'}`,
  ].join('\n')
}

function names({ index, indices }: AuditResult): string {
  const own = indices.map((one) => one.index)
  return own.length === 1 && own[0] === index ? '' : ` (${own.join(', ')})`
}

function samplesOf({ samples }: AuditResult): string[] {
  return Object.entries(samples).flatMap(([finding, found]: [string, readonly AuditSample[]]) =>
    found.length === 0
      ? []
      : [
          `${snakeName(finding)}, for example:`,
          ...found.map(({ id, reason }) => `  ${id}${reason === undefined ? '' : `: ${reason}`}`),
        ],
  )
}
