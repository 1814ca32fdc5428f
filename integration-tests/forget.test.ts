import { afterAll, expect, inject, test } from 'vitest'
import { forget, setUp } from '../indices/index.ts'
import { chainName, ingestPipelineName } from '../pipelines/index.ts'
import { fixtureModel } from '../testing/fixture-model.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const client = testClient(inject('opensearchUrl'))
const made: string[] = []
afterAll(async () => {
  await removeIndices(client, ...made)
})

async function filled(label: string): Promise<string> {
  const index = uniqueName(label)
  made.push(index)
  await client.indices.create({ index, body: { mappings: { _meta: { team: 'a' } } } })
  await setUp(client, fixtureModel, index, { fields: ['titel'] })
  const body = Array.from({ length: 700 }, (_, n) => [
    { index: { _id: String(n) } },
    { titel: `text ${n}`, n },
  ]).flat()
  await client.bulk({ index, refresh: true, body })
  return index
}

test('an index is as it was before Lexpand, but for two empty fields, and can be set up anew', async () => {
  const index = await filled('forget')
  const report = await forget(client, index)
  expect(report).toEqual({ index, documents: 700, staying: ['titel_sparse', 'lexpand'], isDone: true })
  const { body } = await client.get({ index, id: '3' })
  expect(body._source).toEqual({ titel: 'text 3', n: 3 })
  const mapping = await client.indices.getMapping({ index })
  expect(mapping.body[index]?.mappings._meta).toEqual({ team: 'a' })
  const settings = await client.indices.getSettings({ index, flat_settings: true })
  expect(settings.body[index]?.settings).not.toHaveProperty('index.default_pipeline')
  const pipeline = await client.ingest.getPipeline({ id: ingestPipelineName(index) }, { ignore: [404] })
  expect(pipeline.statusCode).toBe(404)
  await expect(forget(client, index)).rejects.toThrow('There is nothing to take off.')
  await client.indices.putMapping({ index, body: { properties: { title: { type: 'text' } } } })
  expect((await setUp(client, fixtureModel, index, { fields: ['title'] })).specification.fields).toEqual([
    'title',
  ])
})

test('broken off it goes on where it was', async () => {
  const index = await filled('forget-resumed')
  const controller = new AbortController()
  const first = await forget(client, index, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  })
  expect(first).toMatchObject({ isDone: false, documents: 500 })
  expect(await forget(client, index)).toMatchObject({ isDone: true, documents: 200 })
})

test('the default pipeline of the owner, with which the stamp was chained, is the default again', async () => {
  const index = uniqueName('forget-owned')
  made.push(index)
  const owner = uniqueName('owner')
  await client.ingest.putPipeline({
    id: owner,
    body: { processors: [{ set: { field: 'by', value: 'owner' } }] } as never,
  })
  await client.indices.create({ index, body: { settings: { 'index.default_pipeline': owner } as object } })
  await setUp(client, fixtureModel, index, { fields: ['titel'] })
  await client.index({ index, id: '1', refresh: true, body: { titel: 'text' } })
  expect(await forget(client, index)).toMatchObject({ isDone: true, documents: 1 })
  const settings = await client.indices.getSettings({ index, flat_settings: true })
  expect(settings.body[index]?.settings).toMatchObject({ 'index.default_pipeline': owner })
  const chain = await client.ingest.getPipeline({ id: chainName(index) }, { ignore: [404] })
  expect(chain.statusCode).toBe(404)
  await client.index({ index, id: '1', body: { titel: 'other' } })
  expect((await client.get({ index, id: '1' })).body._source).toEqual({ titel: 'other', by: 'owner' })
  await client.ingest.deletePipeline({ id: owner })
})

test('a pipeline of the owner that calls ours is named, and nothing is changed', async () => {
  const index = await filled('forget-chained')
  const owner = uniqueName('owner')
  const ours = ingestPipelineName(index)
  await client.ingest.putPipeline({ id: owner, body: { processors: [{ pipeline: { name: ours } }] } })
  await client.indices.putSettings({ index, body: { 'index.default_pipeline': owner } })
  await expect(forget(client, index)).rejects.toThrow(
    `got ${owner}. Take {"pipeline": {"name": "${ours}"}} out of it, then run this again.`,
  )
  const { body } = await client.get({ index, id: '3' })
  expect(body._source).toHaveProperty('lexpand')
  await client.indices.putSettings({ index, body: { 'index.default_pipeline': null } as never })
  await client.ingest.deletePipeline({ id: owner })
  expect(await forget(client, index)).toMatchObject({ isDone: true })
})
