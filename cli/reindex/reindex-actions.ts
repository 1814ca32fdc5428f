import { type ReindexReport, reindex, rollBackReindex } from '../../indices/reindex.ts'
import type { GateOptions } from '../../indices/reindex-gate.ts'
import { existingIndex, specificationOfRun } from '../../indices/reindex-specification.ts'
import { assertPluginFor } from '../../mappings/index.ts'
import { parseQrels, readInput, readQueries } from '../../quality/query-files.ts'
import { onnxEncoder, openQueue, type RunningWorker, startWorker } from '../../workers/index.ts'
import { type Estimate, estimate } from '../../workers/reindex/index.ts'
import { connect } from '../shell/connect.ts'
import { readMappingFile } from '../shell/mapping-file.ts'
import { openModel } from '../shell/model.ts'
import { note } from '../shell/output.ts'
import { notingLogger } from '../shell/process/logger.ts'
import { progressBar } from '../shell/progress.ts'
import type { ReindexFlags } from './reindex-flags.ts'
import { type ShownRun, shortRun } from './reindex-report.ts'

/** Estimates a run instead of starting it. */
export async function dryRun(flags: ReindexFlags): Promise<Estimate & { readonly index: string }> {
  const model = await openModel(flags)
  const { client } = await connect(flags, { redis: false })
  const found = await existingIndex(client, flags.index)
  const specification = specificationOfRun(flags, model, found)
  await assertPluginFor(client, flags.vectorType, 'reindex')
  const encoder = onnxEncoder(model)
  try {
    const { tokenizer } = model
    const isBeside = flags.to !== undefined
    return {
      index: found.name,
      ...(await estimate(client, { name: found.name, specification }, { tokenizer, encoder }, isBeside)),
    }
  } finally {
    await encoder.dispose()
  }
}

/** Fills the index in place, or builds the new one and moves the alias. */
export async function runReindex(flags: ReindexFlags, signal: AbortSignal): Promise<ShownRun> {
  const startedAt = performance.now()
  const model = await openModel(flags)
  const { client, redisPlace } = await connect(flags)
  const body =
    flags.mappingFile === undefined ? undefined : await readMappingFile(flags.mappingFile, 'reindex')
  const gate = flags.to === undefined ? undefined : await readGate(flags)
  const queue = await openQueue({ redis: redisPlace, model })
  const progress = progressBar('encode')
  let worker: RunningWorker | undefined
  try {
    const report = await reindex({
      ...encodingOf(flags),
      client,
      queue,
      from: flags.index,
      to: flags.to,
      body,
      gate,
      signal,
      onProgress: ({ settled, documents }) => progress.update(settled, documents),
      async onBegun({ copied, target, kind }) {
        if (kind === 'beside' && copied > 0) note(`Going on with ${target}: ${copied} documents are copied`)
        if (flags.encode) {
          worker = await startWorker({ client, redis: redisPlace, model, logger: notingLogger() })
        }
      },
    })
    return shown(report, startedAt)
  } finally {
    progress.stop()
    await worker?.close()
    await queue.close()
  }
}

/** Moves the alias back. */
export async function moveBack(flags: ReindexFlags, signal: AbortSignal): Promise<ShownRun> {
  const startedAt = performance.now()
  const { client, redisPlace } = await connect(flags)
  const report = await rollBackReindex({ client, redis: redisPlace, name: flags.index, signal })
  const { state, ...counts } = report
  return { ...shortRun(state), ...counts, seconds: secondsSince(startedAt) }
}

function encodingOf(flags: ReindexFlags) {
  const { fields, sparseField, pruning, vectorType, versioning, alias, allowFailed } = flags
  return { fields, sparseField, pruning, vectorType, versioning, alias, allowedFailed: allowFailed }
}

async function readGate({
  queries,
  qrels,
  minOverlap,
  maxLoss,
  oldModel,
}: ReindexFlags): Promise<GateOptions> {
  return {
    minOverlap,
    maxLoss,
    queries: queries === undefined ? undefined : await readQueries(queries, 'reindex'),
    qrels: qrels === undefined ? undefined : parseQrels(await readInput(qrels, 'reindex'), 'reindex'),
    oldModel: oldModel === undefined ? undefined : await openModel({ model: oldModel }),
  }
}

function shown(report: ReindexReport, startedAt: number): ShownRun {
  const { state, ...counts } = report
  return { ...shortRun(state), ...counts, seconds: secondsSince(startedAt) }
}

function secondsSince(startedAt: number): number {
  return Number(((performance.now() - startedAt) / 1_000).toFixed(2))
}
