import { once } from 'node:events'
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { readInstalledIndices } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import {
  connect as connectRedis,
  openQueue,
  type SweepReport,
  startSweeper,
  sweep,
} from '../../workers/index.ts'
import { type HttpFlags, withHttp } from '../monitoring/http-address.ts'
import { startMonitoring } from '../monitoring/monitoring.ts'
import { startTracing } from '../monitoring/tracing.ts'
import { duration } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { type Connection, connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { printResult } from '../shell/output.ts'
import { closeAll } from '../shell/process/close-all.ts'
import { runLong } from '../shell/process/long-running.ts'
import { progressBar } from '../shell/progress.ts'

export function register(program: Command): void {
  const command = program
    .command('sweep')
    .description(
      'Queue every document that waits for a vector: written by other clients, changed past the pipeline, or left by a crash. A sweep goes on where the last one ended. lexpand worker has a sweeper inside; --follow runs one alone, for any number of models.',
    )
    .option('--index <name...>', 'indices or aliases (with --follow: by default all that Lexpand has set up)')
    .option('--follow', 'go on until stopped; several sweepers may run, one works on an index', false)
    .option('--every <time>', 'with --follow: time between two looks (default: 5s)', duration)
    .action(sweepIndices)
  withExamples(withJson(withHttp(withConnection(command))), [
    'lexpand sweep --index articles',
    'lexpand sweep --follow',
    'lexpand sweep --follow --index articles --every 1s',
    'lexpand sweep --follow --http 0.0.0.0:9464',
  ])
}

interface SweepFlags extends ConnectionFlags, HttpFlags {
  readonly index?: readonly string[] | undefined
  readonly follow: boolean
  readonly every?: number | undefined
  readonly json: boolean
}

async function sweepIndices(flags: SweepFlags): Promise<void> {
  if (flags.follow) return follow(flags)
  if (flags.http !== undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      '[sweep] expected --http with --follow, got it alone: one sweep ends before anybody asks. Add --follow.',
    )
  }
  if (flags.index === undefined || flags.every !== undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      `[sweep] expected --index NAME, or --follow, got ${flags.index === undefined ? 'neither' : '--every without --follow'}. Name an index, or let it run with --follow.`,
    )
  }
  const signal = interruption('Stopping after the page in flight. A second signal ends it at once.')
  const connection = await connect(flags)
  for (const asked of flags.index) {
    // An alias or a data stream may have several.
    for (const { name: index, specification } of await readInstalledIndices(connection.client, asked)) {
      const report = await sweepOnce(connection, { index, model: specification.model }, signal)
      printResult(flags.json, { index, ...report }, summary)
      if (signal.aborted) return
    }
  }
}

async function sweepOnce(
  { client, redisPlace }: Connection,
  { index, model }: { readonly index: string; readonly model: { readonly identity: string } },
  signal: AbortSignal,
): Promise<SweepReport> {
  const queue = await openQueue({ redis: redisPlace, model })
  const progress = progressBar('sweep')
  try {
    return await sweep(client, queue, index, {
      signal,
      onPage: ({ scanned, remaining }) => progress.update(scanned, scanned + remaining),
    })
  } finally {
    progress.stop()
    await queue.close()
  }
}

function follow(flags: SweepFlags): Promise<void> {
  const stopping = 'Stopping after the page in flight. A second signal ends it at once.'
  return runLong(flags, stopping, (logger, signal) => sweepUntil(signal, flags, logger))
}

async function sweepUntil(signal: AbortSignal, flags: SweepFlags, logger: Logger): Promise<void> {
  const { index: indices, every, json } = flags
  const { client, redisPlace } = await connect(flags)
  const redis = await connectRedis(redisPlace, { role: 'queue' })
  const closing = [async () => redis.disconnect()]
  try {
    closing.push(await startTracing('lexpand-sweeper', process.env, logger))
    const monitoring = await startMonitoring(flags, {
      role: 'sweeper',
      client,
      askRedis: () => redis.ping(),
      logger,
      checks: [{ name: 'sweeper', problem: async () => (signal.aborted ? 'stopping' : undefined) }],
    })
    closing.push(() => monitoring.close())
    const sweeper = await startSweeper({
      client,
      redis: redisPlace,
      logger,
      telemetry: monitoring.telemetry,
      indices,
      everyMs: every === undefined ? undefined : every * 1_000,
      onSwept: json ? (index, report) => printResult(true, { index, ...report }, String) : undefined,
    })
    const of = indices?.join(', ') ?? 'all indices of Lexpand'
    logger.info({ indices }, `sweeping ${of}, until SIGTERM or Ctrl-C`)
    if (!signal.aborted) await once(signal, 'abort')
    await sweeper.close()
  } finally {
    await closeAll(closing, logger)
  }
}

const REST = {
  done: '',
  full: ' The queue is full: the rest is queued by the next sweep, when workers have caught up.',
  taken: ' Another sweeper works on this index.',
  stopped: ' Stopped: the next sweep goes on from here.',
} as const

function summary({ index, found, jobs, outcome }: SweepReport & { readonly index: string }): string {
  const what =
    found === 0
      ? `${index}: nothing waits for a vector${outcome === 'done' ? '' : ' so far'}.`
      : `${index}: ${found} documents wait, queued as ${jobs} jobs. Next: lexpand worker`
  return `${what}${REST[outcome]}`
}
