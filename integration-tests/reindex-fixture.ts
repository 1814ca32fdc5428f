import type { Client } from '@opensearch-project/opensearch'
import { inject, onTestFinished } from 'vitest'
import { type IndexSpecification, type SpecifiedModel, specificationFor } from '../mappings/index.ts'
import { resolveEncoding } from '../mappings/specification.ts'
import { fingerprint, type Model } from '../models/index.ts'
import { installIngestPipeline } from '../pipelines/index.ts'
import type { Pruning } from '../sparse/index.ts'
import { beginBeside, beginRollBack, migrate, rollBack } from '../workers/reindex/index.ts'
import { STATE_INDEX } from '../workers/reindex/state.ts'
import { removeIndices, testClient } from './test-index.ts'
import { type WorkerFixture, workerFixture } from './worker-fixture.ts'

/** An alias over an index of one fingerprint, and the specification of the next; both of one model, so one queue. */
export interface ReindexFixture extends WorkerFixture {
  readonly alias: string
  readonly next: string
  readonly nextSpecification: IndexSpecification
}

const NEXT_PRUNING: Pruning = { type: 'top_k', k: 6 }

export async function reindexFixture(
  subject: string,
  options: { readonly shards?: number } = {},
): Promise<ReindexFixture> {
  const fixture = await workerFixture(subject, { settings: { number_of_shards: options.shards ?? 2 } })
  const { client, index } = fixture
  const alias = `${index}-live`
  const next = `${index}-v2`
  await client.indices.putAlias({ index, name: alias, body: { is_write_index: true } as never })
  onTestFinished(() => removeRun(index, next))
  return { ...fixture, alias, next, nextSpecification: nextSpecification(fixture.model) }
}

/** Deletes both indices of a run and what it remembers. */
export async function removeRun(index: string, next: string): Promise<void> {
  const open = testClient(inject('opensearchUrl'))
  await removeIndices(open, index, next)
  for (const id of [`beside:${next}`, `in_place:${index}`]) {
    await open.delete({ index: STATE_INDEX, id }, { ignore: [404] })
  }
  await open.close()
}

export function nextSpecification(model: Model): IndexSpecification {
  const options = { fields: ['text'], pruning: NEXT_PRUNING }
  return specificationFor(
    model as SpecifiedModel,
    options,
    fingerprint(model.identity, resolveEncoding(model, options)),
  )
}

export interface MigrateOptions {
  readonly client?: Client
  readonly gate?: () => Promise<void>
  readonly signal?: AbortSignal
}

export async function runMigration(
  {
    client: own,
    queue,
    alias,
    next,
    nextSpecification,
  }: Pick<ReindexFixture, 'client' | 'queue' | 'alias' | 'next' | 'nextSpecification'>,
  { client = own, gate = async () => {}, signal = new AbortController().signal }: MigrateOptions = {},
) {
  const begun = await beginBeside({ client, name: alias, to: next, specification: nextSpecification, signal })
  try {
    await installIngestPipeline(client, next, nextSpecification)
    return await migrate({
      client,
      queue,
      run: begun.run,
      oldSpecification: begun.old.specification,
      later: begun.later,
      gate,
    })
  } finally {
    await begun.run.close()
  }
}

export async function runRollBack({ client, queue, alias, specification }: ReindexFixture) {
  const run = await beginRollBack(client, alias, new AbortController().signal)
  try {
    return await rollBack({ client, run, old: { specification, queue } })
  } finally {
    await run.close()
  }
}
