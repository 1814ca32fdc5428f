import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { installIndex, installTemplate, readSpecification } from '../mappings/index.ts'
import { removeIndices, testClient, testSpecification, uniqueName } from './fixtures/test-index.ts'

const specification = testSpecification({ fields: ['title', 'body'] })
const made: string[] = []
let client: Client

beforeAll(() => {
  client = testClient(inject('opensearchUrl'))
})

afterAll(async () => {
  await removeIndices(client, ...made)
})

function newName(subject: string): string {
  const name = uniqueName(subject)
  made.push(name)
  return name
}

async function mappingOf(index: string): Promise<Record<string, unknown>> {
  const reply = await client.indices.getMapping({ index })
  return reply.body[index]?.mappings as Record<string, unknown>
}

async function settingsOf(index: string): Promise<Record<string, unknown>> {
  const reply = await client.indices.getSettings({ index, flat_settings: true })
  return reply.body[index]?.settings as Record<string, unknown>
}

describe('a new index', () => {
  const index = uniqueName('new')
  made.push(index)

  test('has text, sparse field, sidecar and specification', async () => {
    expect(await installIndex(client, index, specification)).toMatchObject({
      created: true,
      fieldsAdded: ['title', 'body', 'body_sparse', 'lexpand'],
    })
    expect(await mappingOf(index)).toMatchObject({
      _meta: { lexpand: specification },
      properties: {
        title: { type: 'text', analyzer: 'english' },
        body: { type: 'text', analyzer: 'english' },
        body_sparse: { type: 'rank_features' },
        lexpand: {
          dynamic: 'strict',
          properties: {
            state: { type: 'keyword' },
            encoded_at: { type: 'date' },
            tokens: { type: 'integer' },
          },
        },
      },
    })
    expect(await readSpecification(client, index)).toEqual(specification)
  })

  test('is green on one node without a replica and grows one by itself', async () => {
    const health = await client.cluster.health({ index, wait_for_status: 'green', timeout: '20s' })
    expect(health.body.status).toBe('green')
    expect(await settingsOf(index)).toMatchObject({
      'index.number_of_shards': '1',
      'index.auto_expand_replicas': '0-1',
    })
  })

  test('stays as it is when installed again', async () => {
    const before = await mappingOf(index)
    expect(await installIndex(client, index, specification)).toMatchObject({
      created: false,
      fieldsAdded: [],
    })
    expect(await mappingOf(index)).toEqual(before)
  })

  test('takes analyzer, shards, replicas and settings', async () => {
    const custom = newName('custom')
    await installIndex(client, custom, specification, {
      analyzer: 'german',
      shards: 2,
      replicas: 0,
      settings: { refresh_interval: '5s' },
    })
    expect(await settingsOf(custom)).toMatchObject({
      'index.number_of_shards': '2',
      'index.number_of_replicas': '0',
      'index.refresh_interval': '5s',
    })
    expect(await mappingOf(custom)).toMatchObject({ properties: { body: { analyzer: 'german' } } })
  })

  test('refuses keys that the sidecar does not know', async () => {
    const body = { title: 'x', lexpand: { state: 'ready', surprise: 1 } }
    await expect(client.index({ index, body })).rejects.toThrow('strict')
  })

  test('may be installed by many at once', async () => {
    const shared = newName('shared')
    const results = await Promise.all(
      Array.from({ length: 5 }, () => installIndex(client, shared, specification)),
    )
    expect(results.filter(({ created }) => created)).toHaveLength(1)
  })
})

describe('an existing index', () => {
  test('gets our fields, and keeps its text mapping, its other _meta and its documents', async () => {
    const index = newName('existing')
    const title = { type: 'text', analyzer: 'simple', fields: { raw: { type: 'keyword' } } } as const
    await client.indices.create({
      index,
      body: {
        mappings: {
          _meta: { owner: 'search team' },
          dynamic: 'strict',
          properties: { title, body: { type: 'text' }, price: { type: 'float' } },
        },
      },
    })
    await client.index({ index, id: '1', body: { title: 'old', price: 1 } })
    expect(await installIndex(client, index, specification)).toMatchObject({
      created: false,
      fieldsAdded: ['body_sparse', 'lexpand'],
    })
    const after = await mappingOf(index)
    expect(after).toMatchObject({
      _meta: { owner: 'search team', lexpand: specification },
      dynamic: 'strict',
      properties: { title, price: { type: 'float' } },
    })
    expect((after.properties as Record<string, unknown>).body).toEqual({ type: 'text' })
    expect((await client.get({ index, id: '1' })).body._source).toEqual({ title: 'old', price: 1 })
    expect(await installIndex(client, index, specification)).toMatchObject({
      created: false,
      fieldsAdded: [],
    })
  })

  test('without any field counts as new', async () => {
    const index = newName('blank')
    await client.indices.create({ index })
    expect((await installIndex(client, index, specification)).fieldsAdded).toContain('title')
  })

  test('with dotted text fields', async () => {
    const index = newName('dotted')
    const dotted = testSpecification({ fields: ['meta.title', 'meta.body'] })
    await installIndex(client, index, dotted)
    expect(await installIndex(client, index, dotted)).toMatchObject({ created: false, fieldsAdded: [] })
    expect(dotted.sparse_field).toBe('meta_body_sparse')
  })

  test('of another fingerprint is refused with both', async () => {
    const index = newName('fingerprint')
    await installIndex(client, index, specification)
    const other = testSpecification({ fields: ['title', 'body'] }, 'e2e2e2e2e2e2e2e2')
    const failure = installIndex(client, index, other)
    await expect(failure).rejects.toMatchObject({ code: 'INDEX' })
    await expect(failure).rejects.toThrow(
      /fingerprints e2e2e2e2e2e2e2e2 and f1f1f1f1f1f1f1f1\).*lexpand forget/,
    )
  })

  test('without the text field is refused with the fields it has', async () => {
    const index = newName('misspelt')
    await client.indices.create({ index, body: { mappings: { properties: { titel: { type: 'text' } } } } })
    await expect(installIndex(client, index, specification)).rejects.toThrow(
      `expected a text field title in index ${index}, got only titel`,
    )
  })

  test.each<[string, Record<string, { type: string }>, string]>([
    ['sparse field', { body_sparse: { type: 'keyword' } }, 'field body_sparse'],
    ['sidecar', { lexpand: { type: 'keyword' } }, 'field lexpand'],
    ['text field', { body: { type: 'long' } }, 'expected a text field body'],
  ])('with a %s of another type is refused', async (_, properties, message) => {
    const index = newName('types')
    const mappings = { properties: { title: { type: 'text' }, body: { type: 'text' }, ...properties } }
    await client.indices.create({ index, body: { mappings: mappings as object } })
    await expect(installIndex(client, index, specification)).rejects.toThrow(message)
  })

  test.each(['index.blocks.read_only', 'index.blocks.metadata'])('with %s is refused', async (block) => {
    const index = newName('blocked')
    const properties = { title: { type: 'text' }, body: { type: 'text' } } as const
    await client.indices.create({ index, body: { mappings: { properties } } })
    await client.indices.putSettings({ index, body: { [block]: true } })
    const failure = installIndex(client, index, specification)
    await expect(failure).rejects.toMatchObject({ code: 'INDEX' })
    await expect(failure).rejects.toThrow(/blocked by/)
    await client.indices.putSettings({ index, body: { [block]: null } })
  })
})

describe('aliases and data streams', () => {
  test('an alias of one index leads to it, one of several is refused', async () => {
    const [one, two, alias] = [newName('one'), newName('two'), uniqueName('alias')]
    await installIndex(client, one, specification)
    await installIndex(client, two, specification)
    await client.indices.putAlias({ index: one, name: alias })
    expect(await installIndex(client, alias, specification)).toMatchObject({
      created: false,
      fieldsAdded: [],
    })
    expect(await readSpecification(client, alias)).toEqual(specification)
    await client.indices.putAlias({ index: two, name: alias })
    await expect(installIndex(client, alias, specification)).rejects.toThrow('to be one index, got 2')
    await expect(readSpecification(client, alias)).rejects.toThrow('to be one index, got 2')
  })

  test('a data stream is refused by name', async () => {
    const name = uniqueName('stream')
    await client.indices.putIndexTemplate({ name, body: { index_patterns: [name], data_stream: {} } })
    await client.indices.createDataStream({ name })
    await expect(installIndex(client, name, specification)).rejects.toThrow(`got the data stream ${name}`)
    await client.indices.deleteDataStream({ name })
    await client.indices.deleteIndexTemplate({ name })
  })
})

describe('a template', () => {
  test('prepares indices that are created later, and refuses to replace a foreign one', async () => {
    const name = uniqueName('template')
    const index = `${name}-1`
    made.push(index)
    const install = () => installTemplate(client, { name, patterns: [`${name}-*`] }, specification)
    expect(await install()).toMatchObject({ created: true })
    expect(await install()).toMatchObject({ created: false, fieldsAdded: [] })
    await client.index({ index, id: '1', body: { title: 'first', note: 'other field' } })
    expect(await readSpecification(client, index)).toEqual(specification)

    const other = testSpecification({ fields: ['title', 'body'] }, 'e2e2e2e2e2e2e2e2')
    await expect(installTemplate(client, { name, patterns: [`${name}-*`] }, other)).rejects.toThrow(
      'fingerprints e2e2e2e2e2e2e2e2',
    )
    await client.indices.putIndexTemplate({ name, body: { index_patterns: [`${name}-*`] } })
    await expect(install()).rejects.toThrow('got a foreign one')
    await client.indices.deleteIndexTemplate({ name })
  })
})

describe('reading a specification', () => {
  test('of an index that is not there, or not ours, or damaged, says so', async () => {
    await expect(readSpecification(client, uniqueName('missing'))).rejects.toThrow('got no such index')
    const present = newName('misspelt')
    await client.indices.create({ index: present })
    await expect(readSpecification(client, `${present.slice(0, -2)}zz`)).rejects.toThrow(
      `Did you mean ${present}?`,
    )
    const foreign = newName('foreign')
    await client.indices.create({ index: foreign })
    await expect(readSpecification(client, foreign)).rejects.toThrow('without _meta.lexpand')
    const newer = newName('newer')
    await client.indices.create({
      index: newer,
      body: { mappings: { _meta: { lexpand: { ...specification, version: 2 } } } },
    })
    await expect(readSpecification(client, newer)).rejects.toThrow('version')
  })

  test('of an engine that is down says so without the password', async () => {
    const down = testClient('http://user:secret@127.0.0.1:1')
    const failure = readSpecification(down, 'anything')
    await expect(failure).rejects.toMatchObject({ code: 'SERVICE' })
    await expect(failure).rejects.toThrow(/127\.0\.0\.1:1.*Check that it is running/)
    await expect(failure).rejects.not.toThrow('secret')
  })
})
