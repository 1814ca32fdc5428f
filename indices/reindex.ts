import type { Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import { type IndexSpecification, installIndex, type VectorType, type Versioning } from '../mappings/index.ts'
import type { Model } from '../models/index.ts'
import { installIngestPipeline } from '../pipelines/index.ts'
import type { Pruning } from '../sparse/index.ts'
import { assertShape } from '../sparse/shape.ts'
import type { EncodeQueue } from '../workers/index.ts'
import { openQueue, type RedisPlace } from '../workers/index.ts'
import {
  beginBeside,
  beginInPlace,
  beginRollBack,
  fillInPlace,
  type IndexBody,
  type InPlaceReport,
  type MigrationReport,
  migrate,
  type ReindexProgress,
  type ReindexState,
  type RollBackReport,
  rollBack,
} from '../workers/reindex/index.ts'
import { type GateOptions, type GateReport, runGate } from './reindex-gate.ts'
import { installTargetPipeline } from './reindex-pipeline.ts'
import { existingIndex, specificationOfRun } from './reindex-specification.ts'

export interface ReindexOptions {
  readonly client: Client
  /** Queue of the model that encodes. Its workers have to run, in this process or in others. */
  readonly queue: EncodeQueue<Model>
  /** Index to fill in place; with `to`, the alias (or the index that has one) to move. */
  readonly from: string
  /** New index to build; the alias moves to it. @default the index is filled in place */
  readonly to?: string | undefined
  /** Text fields. @default those of the index */
  readonly fields?: readonly string[] | undefined
  /** @default that of the index, else the last text field and `_sparse` */
  readonly sparseField?: string | undefined
  /** @default that of the index while the model stays the same, else that of the model */
  readonly pruning?: Pruning | undefined
  /** @default that of the index, else rank_features */
  readonly vectorType?: VectorType | undefined
  /** Who numbers versions; copies of external ones keep theirs. @default that of the index, else 'internal' */
  readonly versioning?: Versioning | undefined
  /** Mappings and settings of the new index, in the form of `PUT /index`. @default those of the old one */
  readonly body?: IndexBody | undefined
  /** Alias that the old index gets first, when it has none. */
  readonly alias?: string | undefined
  /** Criteria that the new index has to meet before the alias moves. @default half of the first ten hits agree */
  readonly gate?: GateOptions | undefined
  /** Number of failed documents that the new index may have. @default as many as the old one has */
  readonly allowedFailed?: number | undefined
  /** Aborting pauses the run: `Paused` is thrown, and the same call resumes it. @default the run goes to its end */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ReindexProgress) => void) | undefined
  /** Called when the run is held, before the first document: the moment to start a worker. */
  readonly onBegun?: ((state: ReindexState) => Promise<void> | void) | undefined
}

/** In place: documents queued and encoded. Beside: documents copied, and the gate's figures unless an earlier call had them. */
export type ReindexReport = { readonly state: ReindexState } & (
  | ({ readonly kind: 'in_place' } & InPlaceReport)
  | ({ readonly kind: 'beside'; readonly gate: GateReport | undefined } & MigrationReport)
)

/**
 * Gives every document of an index its vector: in place, or in a new index beside it (new model, pruning, mapping or
 * type of the vectors). Clients search and write through the alias meanwhile; it moves when everything is complete and
 * the gate agrees. The state of a run is in the index `lexpand-reindex`: repeating the call continues the run.
 *
 * @throws Paused when aborted; LexpandError INDEX when the gate or the comparison refuses (the alias is unchanged);
 *   CONFIGURATION for options that cannot be used; SERVICE when engine or Redis stay away
 */
export async function reindex(options: ReindexOptions): Promise<ReindexReport> {
  assertShape(optionsSchema, options, 'reindex', 'CONFIGURATION')
  const { to } = options
  return to === undefined ? fillExisting(options) : moveBeside({ ...options, to })
}

export interface RollBackOptions {
  readonly client: Client
  readonly redis: RedisPlace
  /** Prefix of the keys in Redis. @default '{lexpand}' */
  readonly prefix?: string | undefined
  /** Alias, old index or new index of a finished run. */
  readonly name: string
  /** Aborting pauses the roll-back: `Paused` is thrown, and the same call resumes it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Moves the alias back to the old index, with every write since.
 *
 * @throws Paused when aborted; LexpandError INDEX when there is nothing to go back to
 */
export async function rollBackReindex(
  options: RollBackOptions,
): Promise<RollBackReport & { readonly state: ReindexState }> {
  assertShape(rollBackSchema, options, 'reindex', 'CONFIGURATION')
  const { client, redis, prefix, name, signal = NEVER } = options
  const run = await beginRollBack(client, name, signal)
  try {
    const { specification } = await existingIndex(client, run.state.source)
    if (specification === undefined) {
      const report = await rollBack({ client, run, old: undefined })
      return { ...report, state: run.state }
    }
    const queue = await openQueue({ redis, prefix, model: specification.model })
    try {
      const report = await rollBack({ client, run, old: { specification, queue } })
      return { ...report, state: run.state }
    } finally {
      await queue.close()
    }
  } finally {
    await run.close()
  }
}

const rollBackSchema = z.looseObject({
  client: z.looseObject({}),
  redis: z.union([z.string(), z.looseObject({})]),
  prefix: z.string().min(1).optional(),
  name: z.string(),
})

/** The default signal, which never aborts. */
const NEVER = new AbortController().signal

const optionsSchema = z.looseObject({
  client: z.looseObject({}),
  queue: z.looseObject({ model: z.looseObject({ identity: z.string() }) }),
  from: z.string(),
  to: z.string().optional(),
  fields: z.array(z.string()).optional(),
  versioning: z.enum(['internal', 'external']).optional(),
  sparseField: z.string().optional(),
  alias: z.string().optional(),
  allowedFailed: z.int().min(0).optional(),
})

async function fillExisting(options: ReindexOptions): Promise<ReindexReport> {
  const { client, queue, from, vectorType, versioning, onProgress, onBegun, signal = NEVER } = options
  const found = await existingIndex(client, from)
  const specification = specificationOfRun(options, queue.model, found)
  await installIndex(client, found.name, specification, { vectorType, versioning })
  await installIngestPipeline(client, found.name, specification)
  const run = await beginInPlace(client, await existingIndex(client, found.name), specification, signal)
  try {
    await onBegun?.(run.state)
    const report = await fillInPlace({ client, queue, run, onProgress })
    return { kind: 'in_place', ...report, state: run.state }
  } finally {
    await run.close()
  }
}

async function moveBeside(options: ReindexOptions & { readonly to: string }): Promise<ReindexReport> {
  const { client, queue, from, to, onProgress, onBegun, signal = NEVER } = options
  const specification = specificationOfRun(options, queue.model, await existingIndex(client, from))
  const { body, vectorType, alias } = options
  const begun = await beginBeside({ client, name: from, to, specification, body, vectorType, alias, signal })
  const { run, old } = begun
  try {
    const defaultPipeline = old.settings['index.default_pipeline'] as string | undefined
    await installTargetPipeline(client, { name: old.name, defaultPipeline }, to, specification)
    await onBegun?.(run.state)
    let gate: GateReport | undefined
    const report = await migrate({
      client,
      queue,
      run,
      oldSpecification: old.specification,
      later: begun.later,
      allowedFailed: options.allowedFailed,
      onProgress,
      gate: async () => {
        gate = await runGate(gateOf(options, old.name, old.specification, specification), run.signal)
      },
    })
    return { kind: 'beside', gate, ...report, state: run.state }
  } finally {
    await run.close()
  }
}

function gateOf(
  { client, queue, to, gate = {} }: ReindexOptions & { readonly to: string },
  source: string,
  oldSpecification: IndexSpecification | undefined,
  specification: IndexSpecification,
) {
  return { client, options: gate, source, target: to, oldSpecification, specification, model: queue.model }
}
