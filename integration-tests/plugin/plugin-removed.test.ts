import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pluginCheck } from '../../cli/doctor/doctor-plugin.ts'
import { pluginZip } from '../../embedded/engine/plugin.ts'
import { throwAwayFolder } from '../../embedded/private/throw-away.ts'
import { ServiceSet } from '../../embedded/service-set.ts'
import { machineSettings } from '../../embedded/settings.ts'
import { type IndexSpecification, installIndex, specificationFor } from '../../mappings/index.ts'
import { loadModel, type Model } from '../../models/index.ts'
import { installIngestPipeline, SearchCache, search } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { sampleDocuments, sampleQueries, storeReady } from '../fixtures/sample-documents.ts'
import { testClient, uniqueName } from '../fixtures/test-index.ts'

const zip = pluginZip(process.env)
const index = uniqueName('plugin-removed')
const chosen = uniqueName('plugin-removed-chosen')
const impacts = uniqueName('plugin-removed-impacts')

describe.skipIf(zip === undefined)('an index that was made with the plugin', () => {
  let services: (plugin: string | undefined) => ServiceSet
  let model: Model
  let specification: IndexSpecification
  let before: unknown

  beforeAll(async () => {
    const settings = machineSettings()
    const runDirectory = await throwAwayFolder(settings.cache)
    services = (plugin) =>
      new ServiceSet({
        ...settings,
        heap: '512m',
        runDirectory,
        isShortLived: true,
        preferredPorts: { opensearch: 0, redis: 0 },
        plugin,
      })
    model = await loadModel()
    const options = { fields: ['title', 'body'] }
    specification = specificationFor(model, options)
    const client = await start(zip)
    await installIndex(client, index, specification, { replicas: 0 })
    await installIngestPipeline(client, index, specification)
    await installIndex(client, chosen, specification, { replicas: 0 })
    await installIngestPipeline(client, chosen, specification, { form: 'plugin' })
    await storeReady(client, index, specification, sampleDocuments(200))
    await installIndex(client, impacts, specification, { replicas: 0, vectorType: 'lexpand_impacts' })
    await storeReady(client, impacts, specification, sampleDocuments(5))
    before = await answers(client, 'lexpand')
    await services(zip).down()
  }, 400_000)

  afterAll(async () => {
    await services(undefined).remove()
  })

  async function start(plugin: string | undefined): Promise<Client> {
    const { opensearchUrl } = await services(plugin).up({ redis: false })
    return testClient(opensearchUrl)
  }

  async function answers(client: Client, form: string) {
    const cache = new SearchCache()
    expect(await cache.form(client, { name: index, specification, vectorType: 'rank_features' })).toBe(form)
    const found = []
    for (const text of sampleQueries(10)) {
      const { hits } = await search(client, { ...model, cache }, { index, text, mode: 'sparse' })
      found.push(hits.map(({ id, score }) => [id, score]))
    }
    return found
  }

  test('gives the same hits and scores without it, and takes documents', async () => {
    const client = await start(undefined)
    expect(await answers(client, 'rank_feature')).toEqual(before)
    await client.index({ index, id: 'new', body: { title: 'x', body: 'wing' } })
    const { body } = await client.get({ index, id: 'new' })
    expect(body._source).toMatchObject({ lexpand: { state: 'pending', text_hash: expect.any(String) } })
  })

  test('whose owner had chosen its ingest processor: doctor names the pipeline, installing it again mends it', async () => {
    const client = await start(undefined)
    const write = () => client.index({ index: chosen, id: 'new', body: { title: 'x', body: 'wing' } })
    await expect(write()).rejects.toThrow('lexpand_stamp')
    expect(await pluginCheck(client, '0.1.0')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(`lexpand-${chosen}`),
    })
    await expect(installIngestPipeline(client, chosen, specification, { form: 'plugin' })).rejects.toThrow(
      'Install the plugin',
    )
    await installIngestPipeline(client, chosen, specification)
    await write()
    const { body } = await client.get({ index: chosen, id: 'new' })
    expect(body._source).toMatchObject({ lexpand: { state: 'pending' } })
  })

  test('whose vectors are in its field type: doctor names the index, which nobody can search', async () => {
    const client = await start(undefined)
    expect(await pluginCheck(client, '0.1.0')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(`lexpand_impacts (${impacts})`),
    })
    await expect(search(client, model, { index: impacts, text: 'wing', mode: 'sparse' })).rejects.toThrow(
      LexpandError,
    )
    await client.indices.delete({ index: impacts })
    expect(await pluginCheck(client, '0.1.0')).toContain('not installed')
  })
})
