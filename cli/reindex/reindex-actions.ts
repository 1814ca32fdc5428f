import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type GateReport, runGate } from '../../indices/reindex-gate.ts'
import { installTargetPipeline } from '../../indices/reindex-pipeline.ts'
import {
  assertPluginFor,
  type IndexSpecification,
  installIndex,
  resolveEncoding,
  specificationFor,
} from '../../mappings/index.ts'
import { fingerprint, type Model } from '../../models/index.ts'
import { resolveName } from '../../opensearch/alias.ts'
import { installIngestPipeline } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { onnxEncoder, openQueue, type RunningWorker, startWorker } from '../../workers/index.ts'
import {
  beginBeside,
  beginInPlace,
  beginRollBack,
  type Estimate,
  estimate,
  type FoundIndex,
  fillInPlace,
  findIndex,
  type IndexBody,
  migrate,
  type ReindexProgress,
  rollBack,
} from '../../workers/reindex/index.ts'
import { jsonObject } from '../shell/arguments.ts'
import { type Connection, connect } from '../shell/connect.ts'
import { notingLogger } from '../shell/logger.ts'
import { openModel } from '../shell/model.ts'
import { note } from '../shell/output.ts'
import { progressBar } from '../shell/progress.ts'
import type { ReindexFlags } from './reindex-flags.ts'
import { type ShownRun, shortRun } from './reindex-report.ts'

/** Measures instead of doing. */
export async function dryRun(flags: ReindexFlags): Promise<Estimate & { readonly index: string }> {
  const model = await openModel(flags)
  const { client } = await connect(flags, { redis: false })
  const found = await theIndex({ client }, flags.index)
  const specification = specify(flags, model, found)
  await assertPluginFor(client, flags.vectorType, 'reindex')
  const encoder = onnxEncoder(model)
  try {
    const { tokenizer } = model
    const isBeside = flags.to !== undefined
    return {
      index: found.name,
      ...(await estimate(client, found.name, specification, { tokenizer, encoder }, isBeside)),
    }
  } finally {
    await encoder.dispose()
  }
}

/** Fills an index where it is. */
export async function fillExisting(flags: ReindexFlags, signal: AbortSignal): Promise<ShownRun> {
  const startedAt = performance.now()
  const model = await openModel(flags)
  const connection = await connect(flags)
  const { client, redisUrl } = connection
  const { name } = await theIndex(connection, flags.index)
  const specification = specify(flags, model, await theIndex(connection, name))
  await installIndex(client, name, specification, { vectorType: flags.vectorType })
  await installIngestPipeline(client, name, specification)
  const queue = await openQueue(redisUrl, model.identity)
  const progress = progressBar('encode')
  let worker: RunningWorker | undefined
  try {
    const run = await beginInPlace(client, await theIndex(connection, name), specification, signal)
    try {
      worker = await ownWorker(flags, connection, model)
      const report = await fillInPlace({ client, queue, run, onProgress: shownBy(progress) })
      return { ...shortRun(run.state), ...report, seconds: secondsSince(startedAt) }
    } finally {
      await run.close()
    }
  } finally {
    progress.stop()
    await worker?.close()
    await queue.close()
  }
}

/** Builds the new index and moves the alias. */
export async function moveBeside(flags: ReindexFlags, to: string, signal: AbortSignal): Promise<ShownRun> {
  const startedAt = performance.now()
  const model = await openModel(flags)
  const connection = await connect(flags)
  const { client, redisUrl } = connection
  const specification = specify(flags, model, await theIndex(connection, flags.index))
  const body = flags.mappingFile === undefined ? undefined : await readBody(flags.mappingFile)
  const queue = await openQueue(redisUrl, model.identity)
  const progress = progressBar('encode')
  let worker: RunningWorker | undefined
  try {
    const begun = await beginBeside({
      client,
      name: flags.index,
      to,
      specification,
      body,
      vectorType: flags.vectorType,
      alias: flags.alias,
      signal,
    })
    const { run, old } = begun
    try {
      const defaultPipeline = old.settings['index.default_pipeline'] as string | undefined
      await installTargetPipeline(client, { name: old.name, defaultPipeline }, to, specification)
      if (run.state.copied > 0) note(`Going on with ${to}: ${run.state.copied} documents are copied`)
      worker = await ownWorker(flags, connection, model)
      let gate: GateReport | undefined
      const report = await migrate({
        client,
        queue,
        run,
        oldSpecification: old.specification,
        later: begun.later,
        allowedFailed: flags.allowFailed,
        onProgress: shownBy(progress),
        async gate() {
          gate = await runGate({
            client,
            flags,
            source: old.name,
            target: to,
            oldSpecification: old.specification,
            specification,
            model,
            openModel: (reference) => openModel({ model: reference }),
            signal: run.signal,
          })
        },
      })
      const shown = { ...shortRun(run.state), ...report, seconds: secondsSince(startedAt) }
      return gate === undefined ? shown : { ...shown, gate }
    } finally {
      await run.close()
    }
  } finally {
    progress.stop()
    await worker?.close()
    await queue.close()
  }
}

/** Moves the alias back. */
export async function moveBack(flags: ReindexFlags, signal: AbortSignal): Promise<ShownRun> {
  const startedAt = performance.now()
  const { client, redisUrl } = await connect(flags)
  const run = await beginRollBack(client, flags.index, signal)
  try {
    const { specification } = await theIndex({ client }, run.state.source)
    const queue =
      specification === undefined ? undefined : await openQueue(redisUrl, specification.model.identity)
    try {
      const old = specification === undefined || queue === undefined ? undefined : { specification, queue }
      const report = await rollBack({ client, run, old })
      return { ...shortRun(run.state), ...report, seconds: secondsSince(startedAt) }
    } finally {
      await queue?.close()
    }
  } finally {
    await run.close()
  }
}

/** What the flags leave open stays as it is in the index. */
function specify(
  { fields, sparseField, pruning }: ReindexFlags,
  model: Model,
  { name, specification }: FoundIndex,
): IndexSpecification {
  const wantedFields = fields ?? specification?.fields
  if (wantedFields === undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      `[reindex] expected --fields with the text fields of ${name}, got none. Name them in the order they are read.`,
    )
  }
  const field = sparseField ?? specification?.sparse_field
  const isSameModel = specification?.model.identity === model.identity
  const rule = pruning ?? (isSameModel ? specification?.pruning : undefined)
  const options = {
    fields: wantedFields,
    ...(field === undefined ? {} : { sparseField: field }),
    ...(rule === undefined ? {} : { pruning: rule }),
    ...(isSameModel && specification !== undefined ? { windowing: specification.windowing } : {}),
  }
  return specificationFor(model, options, fingerprint(model.identity, resolveEncoding(model, options)))
}

async function theIndex({ client }: Pick<Connection, 'client'>, name: string): Promise<FoundIndex> {
  const resolved = await resolveName(client, name)
  const found = resolved === undefined ? undefined : await findIndex(client, resolved.index)
  if (found !== undefined) return found
  throw new LexpandError('INDEX', `[reindex] expected an index or alias ${name}, got none. Check the name.`)
}

const bodySchema = z.strictObject({
  mappings: z.looseObject({}).optional(),
  settings: z.looseObject({}).optional(),
})

async function readBody(file: string): Promise<IndexBody> {
  try {
    return bodySchema.parse(jsonObject(await readFile(file, 'utf8'))) as IndexBody
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)
    throw new LexpandError(
      'CONFIGURATION',
      `[reindex] expected ${file} to hold {"mappings": ..., "settings": ...} as for PUT /index, got: ${reason}. Correct it.`,
      { cause },
    )
  }
}

function ownWorker(
  { encode }: ReindexFlags,
  { client, redisUrl }: Connection,
  model: Model,
): Promise<RunningWorker> | undefined {
  return encode ? startWorker({ client, redisUrl, model, logger: notingLogger() }) : undefined
}

function shownBy(progress: ReturnType<typeof progressBar>): (now: ReindexProgress) => void {
  return ({ settled, documents }) => progress.update(settled, documents)
}

function secondsSince(startedAt: number): number {
  return Number(((performance.now() - startedAt) / 1_000).toFixed(2))
}
