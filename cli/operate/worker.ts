import { once } from 'node:events'
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { residentMemory } from '../../embedded/host/processes.ts'
import { LexpandError } from '../../sparse/errors.ts'
import {
  onnxEncoder,
  openQueue,
  type ProbeQuery,
  type RunningWorker,
  startSweeper,
  startWorker,
  watchEncoder,
  watchWorker,
} from '../../workers/index.ts'
import { type HttpFlags, withHttp, withQueueBoard } from '../monitoring/http-address.ts'
import { startMonitoring } from '../monitoring/monitoring.ts'
import { encoderCheck } from '../monitoring/readiness.ts'
import { startTracing } from '../monitoring/tracing.ts'
import { jsonObject } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags, PaceFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { printResult } from '../shell/output.ts'
import { closeAll } from '../shell/process/close-all.ts'
import { runLong } from '../shell/process/long-running.ts'
import { machineVectorCache } from './vector-cache.ts'

export function register(program: Command): void {
  const command = program
    .command('worker')
    .description(
      'Encode the documents queued for one model, in all indices, until stopped. Queue documents that other clients wrote or that a crash left behind, too. Several workers share the queue. SIGTERM and Ctrl-C finish the running jobs first.',
    )
    .option(
      '--max-text-bytes <bytes>',
      'longer texts get a dead letter instead of a vector (default: LEXPAND_MAX_TEXT_BYTES, else 10000000)',
    )
    .option(
      '--max-search-p95 <ms>',
      'encoders yield while the 95th percentile of a probe query in the engine is above this (default: LEXPAND_MAX_SEARCH_P95_MS, else never)',
    )
    .option(
      '--vector-cache <file>',
      'vectors made before, by text, so that a full load of the same texts costs no encoding; off for none (default: LEXPAND_VECTOR_CACHE, else vectors.sqlite in the cache folder; at most LEXPAND_VECTOR_CACHE_BYTES, else 1000000000)',
    )
    .option('--index <name...>', 'indices or aliases to sweep (default: all that Lexpand has set up)')
    .option('--probe-index <name>', 'index of the probe query (default: the one written most)')
    .option(
      '--probe-query <json>',
      'probe query as query DSL (default: pieces of a stored vector)',
      jsonObject,
    )
    .option('--no-sweep', 'only take jobs: sweepers run elsewhere (lexpand sweep --follow)')
    .action(work)
  withExamples(withJson(withQueueBoard(withHttp(withModel(withConnection(command))))), [
    'lexpand worker',
    'LEXPAND_LOG_LEVEL=warn lexpand worker --model ./my-model',
    'lexpand worker --max-search-p95 50',
    'lexpand worker --http 0.0.0.0:9464 --ui',
    'lexpand worker --opensearch https://search.example:9200 --redis redis://queue.example:6379',
  ])
}

interface WorkerFlags extends ModelFlags, ConnectionFlags, PaceFlags, HttpFlags {
  readonly sweep: boolean
  readonly index?: readonly string[] | undefined
  readonly probeIndex?: string | undefined
  readonly probeQuery?: Record<string, unknown> | undefined
  readonly json: boolean
}

function work(flags: WorkerFlags): Promise<void> {
  const stopping = 'Stopping: the running jobs are finished first. A second signal ends it at once.'
  return runLong(flags, stopping, (logger, signal) => encodeUntil(signal, flags, logger))
}

async function encodeUntil(signal: AbortSignal, flags: WorkerFlags, logger: Logger): Promise<void> {
  const model = await openModel(flags)
  const { client, redisPlace, configuration } = await connect(flags)
  const { maxTextBytes, maxSearchP95Ms } = configuration
  const queue = await openQueue({ redis: redisPlace, model })
  const encoder = onnxEncoder(model)
  const closing = [() => queue.close(), () => encoder.dispose()]
  try {
    closing.push(await startTracing('lexpand-worker', process.env, logger))
    let worker: RunningWorker | undefined
    const stateOf = () => (signal.aborted ? 'stopping' : worker === undefined ? 'starting' : undefined)
    // Started before anything that takes time: a probe should find a starting process instead of none.
    const monitoring = await startMonitoring(flags, {
      role: 'worker',
      client,
      askRedis: () => queue.jobs.getJobCountByTypes('active'),
      queue,
      model: model.manifest,
      logger,
      checks: [encoderCheck(encoder, model), { name: 'worker', problem: async () => stateOf() }],
      defect: () =>
        stateOf() === undefined && worker?.isRunning() === false ? 'takes no jobs any more' : undefined,
    })
    closing.push(() => monitoring.close())
    const vectorCache = machineVectorCache(configuration, (message) => logger.warn(message))
    closing.push(async () => vectorCache?.close())
    const running = await startWorker({
      client,
      redis: redisPlace,
      model,
      logger,
      encoder,
      maxTextBytes,
      vectorCache,
      telemetry: monitoring.telemetry,
      maxSearchP95Ms,
      ...probeOf(flags),
    })
    worker = running
    // Closes the worker also after a failure before the command is asked to stop.
    closing.push(() => running.close())
    if (flags.sweep) {
      const { identity } = model
      const { telemetry } = monitoring
      const sweeper = await startSweeper({
        client,
        redis: redisPlace,
        logger,
        indices: flags.index,
        identity,
        telemetry,
      })
      closing.push(() => sweeper.close())
    }
    if (monitoring.registry !== undefined) {
      watchWorker(monitoring.registry, running.stats)
      watchEncoder(monitoring.registry, encoder, residentMemory)
    }
    const { name, version } = model.manifest
    logger.info({ model: name, version }, 'encoding what is queued, until SIGTERM or Ctrl-C')
    if (!signal.aborted) await once(signal, 'abort')
    await running.close()
    logger.info({ ...running.stats }, 'stopped')
    if (flags.json) printResult(true, running.stats, String)
  } finally {
    await closeAll(closing, logger)
  }
}

function probeOf({ probeIndex: index, probeQuery: query }: WorkerFlags): { probe?: ProbeQuery } {
  if (index === undefined && query === undefined) return {}
  if (index !== undefined && query !== undefined) return { probe: { index, query } }
  throw new LexpandError(
    'CONFIGURATION',
    '[worker] expected both --probe-index and --probe-query, got one of them. Give the other one as well.',
  )
}
