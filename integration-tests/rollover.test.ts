import { expect, onTestFinished, test } from 'vitest'
import { forget, setUp } from '../indices/index.ts'
import { search } from '../pipelines/index.ts'
import { audit, enqueue, lexpandIndices, sweep } from '../workers/index.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

const FIELDS = ['text']

test('an alias with a write index rolls over to an index that is set up: hook, push, search and audit reach all of them', async () => {
  const fixture = await workerFixture('rollover')
  const { client, model, queue, index } = fixture
  const alias = `${index}-logs`
  const [first, second] = [`${alias}-000001`, `${alias}-000002`]
  const template = `owner-${index}`
  const owner = `owner-${index}`
  await client.ingest.putPipeline({
    id: owner,
    body: { processors: [{ set: { field: 'by', value: 'owner' } }] } as never,
  })
  const body = {
    index_patterns: [`${alias}-*`],
    priority: 500,
    template: {
      settings: { number_of_replicas: 0, default_pipeline: owner },
      mappings: { _meta: { team: 'a' }, properties: { text: { type: 'text' }, by: { type: 'keyword' } } },
    },
  }
  await client.indices.putIndexTemplate({ name: template, body: body as never })
  onTestFinished(() => clear(fixture, `${alias}-*`, template, owner))
  await client.indices.create({ index: first, body: { aliases: { [alias]: { is_write_index: true } } } })
  await setUp(client, model, alias, { fields: FIELDS, template })
  await client.index({ index: alias, id: 'before', body: { text: 'rain before' } })
  await client.indices.rollover({ alias })

  await client.index({ index: alias, id: 'hook', body: { text: 'rain by hook' } })
  const report = await enqueue({ client, queue, index: alias }, [
    { id: 'push', source: { text: 'rain by push' } },
  ])
  expect(report).toMatchObject({ indexed: 1, queued: 1, failed: 0 })
  const stored = await client.get({ index: second, id: 'hook' })
  expect(stored.body._source).toMatchObject({ by: 'owner', lexpand: { state: 'pending' } })
  await fixture.startWorker()
  for (const name of [first, second]) await sweep(client, queue, name)
  await queue.idle()

  const documents = await documentsOf(fixture, alias)
  expect([...documents.keys()].sort()).toEqual(['before', 'hook', 'push'])
  await expectAllReady(fixture, documents, fixture.encoder())
  for (const mode of ['sparse', 'hybrid'] as const) {
    const { hits } = await search(client, model, { index: alias, text: 'rain', mode })
    expect(hits.map(({ id }) => id).sort()).toEqual(['before', 'hook', 'push'])
  }
  expect(await audit(client, alias, { graceSeconds: 0 })).toMatchObject({
    documents: 3,
    ready: 3,
    problems: 0,
  })

  // Twice changes nothing: the owner's pipeline is not called twice.
  await setUp(client, model, alias, { fields: FIELDS, template })
  const { body: templates } = await client.indices.getIndexTemplate({ name: template })
  expect(templates.index_templates[0]?.index_template).toMatchObject({
    index_patterns: [`${alias}-*`],
    priority: 500,
    template: { mappings: { _meta: { team: 'a' }, properties: { by: { type: 'keyword' } } } },
  })
  await client.index({ index: alias, id: 'later', body: { text: 'rain later' } })
  expect((await client.get({ index: second, id: 'later' })).body._source).toMatchObject({ by: 'owner' })

  await client.indices.putAlias({ index: second, name: alias, body: { is_write_index: false } })
  await client.indices.putAlias({ index: first, name: alias, body: { is_write_index: false } })
  await expect(enqueue({ client, queue, index: alias }, [])).rejects.toThrow(
    /to have a write index, got 2 indices/,
  )
})

test('an index of a template that is taken off Lexpand keeps the pipeline of its owner', async () => {
  const fixture = await workerFixture('rollover-forget')
  const { client, model, index } = fixture
  const made = `${index}-logs-1`
  const template = `owner-${index}`
  const body = { index_patterns: [made], priority: 500, template: { settings: { number_of_replicas: 0 } } }
  await client.indices.putIndexTemplate({ name: template, body: body as never })
  onTestFinished(() => clear(fixture, made, template))
  await setUp(client, model, index, { fields: FIELDS, template })
  await client.index({ index: made, id: 'd', refresh: true, body: { text: 'rain' } })
  expect((await client.get({ index: made, id: 'd' })).body._source).toMatchObject({
    lexpand: { state: 'pending' },
  })
  expect(await forget(client, made)).toMatchObject({ isDone: true, documents: 1 })
  await client.index({ index: made, id: 'e', body: { text: 'rain' } })
  expect((await client.get({ index: made, id: 'e' })).body._source).toEqual({ text: 'rain' })
})

test('documents of a data stream get vectors in every one of its indices, also after a rollover', async () => {
  const fixture = await workerFixture('stream')
  const { client, model, queue, index } = fixture
  const stream = `${index}-stream`
  const template = `owner-${index}`
  const body = {
    index_patterns: [stream],
    priority: 500,
    data_stream: {},
    template: { settings: { number_of_replicas: 0 }, mappings: { properties: { text: { type: 'text' } } } },
  }
  await client.indices.putIndexTemplate({ name: template, body: body as never })
  onTestFinished(async () => {
    await client.indices.deleteDataStream({ name: stream }, { ignore: [404] })
    await clear(fixture, undefined, template)
  })
  const create = (id: string) =>
    client.create({ index: stream, id, body: { '@timestamp': '2026-01-01', text: `rain ${id}` } })
  await create('before')
  await setUp(client, model, stream, { fields: FIELDS, template })
  await create('after')
  await client.indices.rollover({ alias: stream })
  await create('rolled')
  await fixture.startWorker()
  const names = [`.ds-${stream}-000001`, `.ds-${stream}-000002`]
  // A sweeper that is told of no index finds them, too.
  const found = await lexpandIndices(client, { identity: model.identity })
  expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
  for (const name of names) await sweep(client, queue, name)
  await queue.idle()
  const documents = await documentsOf(fixture, stream)
  expect([...documents.keys()].sort()).toEqual(['after', 'before', 'rolled'])
  await expectAllReady(fixture, documents, fixture.encoder())
  const { hits } = await search(client, model, { index: stream, text: 'rain', mode: 'sparse' })
  expect(hits).toHaveLength(3)
  expect(await audit(client, stream, { graceSeconds: 0 })).toMatchObject({
    documents: 3,
    ready: 3,
    problems: 0,
  })
  await expect(enqueue({ client, queue, index: stream }, [])).rejects.toThrow(
    'Let its clients write (op_type create)',
  )
  const external = setUp(client, model, stream, { fields: FIELDS, versioning: 'external' })
  await expect(external).rejects.toThrow('which data streams do not take')
})

async function documentsOf({ client }: WorkerFixture, index: string) {
  await client.indices.refresh({ index })
  const { body } = await client.search({ index, body: { size: 100 } })
  return new Map(
    body.hits.hits.map(({ _id = '', _source }) => [_id, (_source ?? {}) as Record<string, unknown>] as const),
  )
}

async function clear(
  { client, index: ownName }: WorkerFixture,
  pattern: string | undefined,
  template: string,
  ...pipelines: readonly string[]
): Promise<void> {
  if (pattern !== undefined) {
    const { body } = await client.indices.get({ index: pattern }, { ignore: [404] })
    for (const index of Object.keys(body)) {
      if (!index.startsWith('test-')) continue
      await client.indices.delete({ index }, { ignore: [404] })
      await client.ingest.deletePipeline({ id: `lexpand-${index}` }, { ignore: [404] })
    }
  }
  await client.ingest.deletePipeline({ id: `lexpand-*${ownName}*` }, { ignore: [404] })
  await client.indices.deleteIndexTemplate({ name: template }, { ignore: [404] })
  for (const id of [`lexpand-${template}:template`, ...pipelines]) {
    await client.ingest.deletePipeline({ id }, { ignore: [404] })
  }
}
