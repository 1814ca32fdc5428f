import { randomUUID } from 'node:crypto'
import type { Client } from '@opensearch-project/opensearch'
import { pino } from 'pino'
import { serviceChecks } from '../../../cli/doctor/doctor-services.ts'
import type { RoleName } from '../../../cli/doctor/privileges/roles.ts'
import { fillIndex } from '../../../cli/index/fill-index.ts'
import { readConfiguration } from '../../../cli/shell/configuration.ts'
import { type IndexSpecification, installIndex, installTemplate } from '../../../mappings/index.ts'
import type { Model } from '../../../models/index.ts'
import { installIngestPipeline, search } from '../../../pipelines/index.ts'
import { LexpandError } from '../../../sparse/errors.ts'
import { deadLetterId } from '../../../workers/dead-letters/dead-letter.ts'
import { putLetters } from '../../../workers/dead-letters/dead-letter-store.ts'
import { failedSidecar, pendingSidecar } from '../../../workers/documents/states.ts'
import {
  audit,
  DEAD_LETTERS,
  dropLetters,
  type EncodeQueue,
  replayLetters,
  standingLetters,
  startSweeper,
  startWorker,
} from '../../../workers/index.ts'
import { beginRollBack, rollBack } from '../../../workers/reindex/index.ts'
import { nextSpecification, runMigration } from '../../fixtures/reindex-fixture.ts'
import { testEncoder } from '../../fixtures/test-encoder.ts'
import { until } from '../../fixtures/until.ts'
import { type PrivilegeNode, passwordOf } from './privilege-node.ts'

/** Resources for the flows of all roles; names of indices begin with `articles`. */
export interface Site {
  readonly node: PrivilegeNode
  readonly model: Model
  readonly specification: IndexSpecification
  readonly queue: EncodeQueue
  readonly redisUrl: string
  /** Set up, with documents that have their vectors. */
  readonly index: string
}

/** One thing that a role does. Rejects with the first thing that is forbidden. */
export type Flow = (client: Client, site: Site, user: string) => Promise<void>

export const FLOWS: Readonly<Record<RoleName, readonly Flow[]>> = {
  searcher: [searches],
  writer: [stores],
  worker: [encodesAndSweeps],
  'set-up': [setsUp, storesTemplate],
  operator: [encodesAndSweeps, setsUp, looksAround, audits, handlesLetters, reindexes],
}

async function searches(client: Client, { index, model }: Site): Promise<void> {
  for (const mode of ['sparse', 'bm25', 'hybrid'] as const) {
    const { hits } = await search(client, model, { index, text: 'hello', mode, idf: 'corpus' })
    if (hits.length === 0) throw new Error(`${mode} found nothing`)
  }
}

async function stores(client: Client, { index, model, redisUrl }: Site, user: string): Promise<void> {
  const connection = {
    client,
    redisUrl,
    redisPlace: redisUrl,
    opensearchUrl: '',
    configuration: readConfiguration({}, {}),
  }
  const report = await fillIndex({
    connection,
    model,
    index,
    fields: ['text'],
    // A field that the index does not know: the engine adds it to the mapping in the name of the user.
    documents: from({ id: `by-${user}`, source: { text: 'stored', [`field_${randomUUID()}`]: 1 } }),
    wait: false,
    signal: new AbortController().signal,
  })
  if (report.failed > 0) throw new Error(JSON.stringify(report.errors))
}

async function* from<T>(one: T): AsyncGenerator<T> {
  yield one
}

/** One document that is encoded, and one that fails and is repaired: its letter is written and removed. */
async function encodesAndSweeps(
  client: Client,
  { node, model, redisUrl, index, queue }: Site,
): Promise<void> {
  const { admin } = node
  await admin.indices.delete({ index: DEAD_LETTERS }, { ignore: [404] })
  const put = (id: string, text: unknown) =>
    admin.index({ index, id, pipeline: '_none', body: { text: text as never } })
  const stateOf = async (id: string) =>
    ((await admin.get({ index, id })).body._source?.lexpand as { state?: string } | undefined)?.state
  await put('good', `good ${randomUUID()}`)
  await put('bad', 7)
  const denials: string[] = []
  const logger = pino(
    { level: 'warn' },
    {
      write(line: string) {
        const { msg } = JSON.parse(line)
        if (/the privilege/.test(msg)) denials.push(msg)
      },
    },
  )
  const { identity } = model
  const worker = await startWorker({ client, redis: redisUrl, model, logger, encoder: testEncoder(model) })
  const sweeper = await startSweeper({ client, redis: redisUrl, logger, identity, everyMs: 200 })
  const isLetterThere = async () => {
    const letter = { index: DEAD_LETTERS, id: deadLetterId(index, 'bad', undefined) }
    return (await admin.get(letter, { ignore: [404] })).body.found
  }
  try {
    await until(async () => denials.length > 0 || (await stateOf('bad')) === 'failed', 30_000)
    await put('bad', 'mended')
    const isDone = async () =>
      (await stateOf('good')) === 'ready' && (await stateOf('bad')) === 'ready' && !(await isLetterThere())
    await until(async () => denials.length > 0 || (await isDone()), 30_000)
  } finally {
    await sweeper.close()
    await worker.close()
    await queue.jobs.drain(true)
  }
  if (denials.length > 0) throw new LexpandError('SERVICE', denials.join('\n'))
}

async function setsUp(client: Client, { node, specification }: Site): Promise<void> {
  const name = `articles-${randomUUID().slice(0, 8)}`
  await node.admin.indices.create({
    index: `${name}-foreign`,
    body: { mappings: { properties: { text: { type: 'text' } } } },
  })
  for (const index of [name, `${name}-foreign`]) {
    await installIndex(client, index, specification)
    await installIngestPipeline(client, index, specification)
  }
  await node.admin.indices.delete({ index: `${name}*` })
}

async function storesTemplate(client: Client, { specification }: Site): Promise<void> {
  const name = `articles-${randomUUID().slice(0, 8)}`
  await installTemplate(client, { name, patterns: [`${name}-*`] }, specification)
}

async function looksAround(_: Client, { node, redisUrl, index }: Site, user: string): Promise<void> {
  const environment = { OPENSEARCH_USERNAME: user, OPENSEARCH_PASSWORD: passwordOf(user) }
  const configuration = readConfiguration({ opensearch: node.url, redis: redisUrl }, environment)
  const checks = await serviceChecks({ configuration, model: undefined, index, roles: undefined })
  const denial = checks.find(({ message }) => /the privilege |that needs/.test(message))
  if (denial !== undefined) throw new LexpandError('SERVICE', denial.message)
}

async function audits(client: Client, { node, index, queue }: Site): Promise<void> {
  await node.admin.update({
    index,
    id: 'good',
    body: { script: { source: 'ctx._source.remove("text_sparse")' } } as never,
  })
  const { repaired } = await audit(client, index, { repairQueue: async () => queue })
  await queue.jobs.drain(true)
  if (!repaired?.queued) throw new Error(`repaired ${JSON.stringify(repaired)}`)
}

async function handlesLetters(client: Client, { node, index, specification, queue }: Site): Promise<void> {
  const { fingerprint } = specification
  for (const id of ['replayed', 'gone']) {
    const sidecar = failedSidecar('hash', fingerprint, 'test')
    const body = { text: 'some', lexpand: sidecar as never }
    const made = await node.admin.index({ index, id, pipeline: '_none', body })
    const letter = {
      index,
      id,
      reason_class: 'encoder' as const,
      reason: 'test',
      attempts: 1,
      text_hash: sidecar.text_hash ?? '',
      fingerprint,
      failed_at: new Date().toISOString(),
      seq_no: made.body._seq_no ?? 0,
    }
    await putLetters(node.admin, [letter])
  }
  await node.admin.delete({ index, id: 'gone' })
  const filter = { index }
  for await (const page of standingLetters(client, filter)) {
    if (page.length !== 1) throw new Error(`${page.length} letters`)
  }
  const { replayed } = await replayLetters({ client, queueOf: async () => queue }, filter)
  await queue.jobs.drain(true)
  const { dropped } = await dropLetters(client, filter)
  await node.admin.index({
    index,
    id: 'replayed',
    body: { text: 'x', lexpand: pendingSidecar('x') as never },
  })
  if (replayed !== 1 || dropped !== 1) throw new Error(`${replayed} replayed, ${dropped} dropped`)
}

/** Beside, behind a new alias, and back; with writes in between, so that something has to be carried over. */
async function reindexes(client: Client, site: Site): Promise<void> {
  const { node, model, redisUrl, specification, queue } = site
  const { admin } = node
  const name = `articles-${randomUUID().slice(0, 8)}`
  const next = `${name}-v2`
  await installIndex(admin, name, specification)
  await installIngestPipeline(admin, name, specification)
  await admin.bulk({
    index: name,
    body: ['a', 'b'].flatMap((id) => [{ index: { _id: id } }, { text: id }]) as never,
  })
  const worker = await startWorker({
    client: admin,
    redis: redisUrl,
    model,
    logger: pino({ level: 'silent' }),
    encoder: testEncoder(model),
  })
  try {
    await runMigration(
      { client, queue, alias: name, next, nextSpecification: nextSpecification(model) },
      { aliasToAdd: `${name}-live` },
    )
    await admin.delete({ index: next, id: 'a' })
    await admin.index({ index: next, id: 'c', body: { text: 'c' } })
    const run = await beginRollBack(client, `${name}-live`, new AbortController().signal)
    try {
      await rollBack({ client, run, old: { specification, queue } })
    } finally {
      await run.close()
    }
  } finally {
    await worker.close()
    await queue.jobs.drain(true)
    await admin.indices.putSettings({ index: `${name}*`, body: { 'index.blocks.write': null } as never })
    await admin.indices.delete({ index: [name, next], ignore_unavailable: true })
  }
}
