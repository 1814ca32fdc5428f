import type { Client } from '@opensearch-project/opensearch'
import fc from 'fast-check'
import { installIndex, specificationFor } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { readShards } from '../../opensearch/shard-changes.ts'
import { installIngestPipeline } from '../../pipelines/index.ts'
import { type EncodeQueue, sweep } from '../../workers/index.ts'
import { removeIndices, uniqueName } from '../fixtures/test-index.ts'
import { until } from '../fixtures/until.ts'
import { examine, type Findings, healthy } from '../real-indices/oracle.ts'
import { type Actual, clientCommands, type Expected, presentOf, type Setting } from './commands.ts'

/** Services that all runs share; a worker of the same model works on the queue. */
export interface Services {
  readonly client: Client
  readonly queue: EncodeQueue
  readonly model: Model
}

export interface RandomClients {
  /** The runs of one seed are the same each time, as far as the timing of services allows. */
  readonly seed: number
  readonly runs: number
  readonly maxCommands: number
}

/**
 * Lets clients and an owner do random things to an index while a worker encodes, then compares every document with what
 * they were told. Each run has an index of its own.
 *
 * @returns what a failure looks like, with the shortest commands that were found to lead to it; undefined without one
 */
export async function randomClients(
  services: Services,
  { seed, runs, maxCommands }: RandomClients,
): Promise<string | undefined> {
  const setting = fc.record<Setting>({
    shards: fc.constantFrom(1, 2, 4),
    window: fc.constantFrom(3, 50, 10_000),
    isLean: fc.boolean(),
    isExternal: fc.constantFrom(false, false, false, true),
  })
  const property = fc.asyncProperty(setting, clientCommands(maxCommands), async (owner, commands) => {
    const found = await oneRun(services, owner, commands)
    if (found !== undefined) throw new Error(JSON.stringify(found))
  })
  const details = await fc.check(property, { seed, numRuns: runs })
  return details.failed ? `${fc.defaultReportMessage(details)}\n${details.errorInstance}` : undefined
}

/** @returns what is wrong in the end */
async function oneRun(
  { client, queue, model }: Services,
  setting: Setting,
  commands: Iterable<fc.AsyncCommand<Expected, Actual>>,
): Promise<Findings | undefined> {
  const { shards, window, isLean, isExternal } = setting
  const index = uniqueName('random')
  const alias = `${index}-live`
  const versioning = isExternal ? 'external' : undefined
  const specification = { ...specificationFor(model, { fields: ['text'] }), versioning } as const
  const actual: Actual = { client, queue, specification, alias, indices: [index] }
  try {
    await client.indices.create({
      index,
      body: {
        aliases: { [alias]: { is_write_index: true } },
        settings: {
          number_of_shards: shards,
          number_of_routing_shards: 4,
          number_of_replicas: 0,
          max_result_window: window,
        },
        mappings: isLean ? { _source: { excludes: [specification.sparse_field] } } : {},
      },
    })
    await installIndex(client, index, specification)
    await installIngestPipeline(client, index, specification)
    const expected: Expected = { setting, documents: new Map(), shards, version: 0 }
    await fc.asyncModelRun(() => ({ model: expected, real: actual }), commands)
    await settle(actual)
    const place = { client, index: presentOf(actual), pageSize: window }
    const found = await examine(place, { model, specification }, expected.documents)
    return isSame(found, healthy(expected.documents.size)) ? undefined : found
  } finally {
    await removeIndices(client, ...actual.indices)
    await client.transport.request(
      { method: 'DELETE', path: `/_search/pipeline/${alias}` },
      { ignore: [404] },
    )
  }
}

/** One sweep after the last write has to find everything. */
async function settle(actual: Actual): Promise<void> {
  const { client, queue } = actual
  const index = presentOf(actual)
  await until(async () => {
    const { shards } = await readShards(client, index)
    return shards.every(({ globalCheckpoint, maxSeqNo }) => globalCheckpoint >= maxSeqNo)
  })
  await queue.idle()
  await sweep(client, queue, index)
  await queue.idle()
}

function isSame(found: Findings, wanted: Findings): boolean {
  const { states, ...rest } = found
  const { states: wantedStates, ...wantedRest } = wanted
  const ready = (counts: Findings['states']) => counts.ready ?? 0
  const others = Object.keys(states).filter((state) => state !== 'ready')
  return (
    ready(states) === ready(wantedStates) &&
    others.length === 0 &&
    JSON.stringify(rest) === JSON.stringify(wantedRest)
  )
}
