import type { Client } from '@opensearch-project/opensearch'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { installIndex, sidecarMapping, textHash } from '../mappings/index.ts'
import { installIngestPipeline, missingPipelines } from '../pipelines/index.ts'
import { type Condition, conditionAfter, TRANSITIONS } from '../workers/documents/states.ts'
import {
  readySource,
  removeIndices,
  testClient,
  testSpecification,
  uniqueName,
} from './fixtures/test-index.ts'

const FIELDS = ['title', 'body']
const specification = testSpecification({ fields: FIELDS })
const FINGERPRINT = specification.fingerprint
const index = uniqueName('stamp')
let client: Client

beforeAll(async () => {
  client = testClient(inject('opensearchUrl'))
  await installIndex(client, index, specification)
  await installIngestPipeline(client, index, specification)
})

afterAll(async () => {
  await removeIndices(client, index)
})

async function read(id: string, from = index): Promise<Record<string, unknown>> {
  return (await client.get({ index: from, id })).body._source as Record<string, unknown>
}

/** The stamp of a document whose text waits, with the time of its write. */
function pendingFor(source: Record<string, unknown>) {
  const isNow = (since: string) => Math.abs(Date.now() - Date.parse(since)) < 60_000
  return {
    state: 'pending',
    text_hash: textHash(source, FIELDS),
    pending_since: expect.toSatisfy(isNow, 'is now'),
  }
}

async function put(id: string, body: Record<string, unknown>): Promise<Record<string, unknown>> {
  await client.index({ index, id, body })
  return read(id)
}

async function makeReady(id: string): Promise<void> {
  await client.index({ index, id, pipeline: '_none', body: readySource(await read(id), specification) })
}

describe('the stamp', () => {
  test('a new document is pending with the hash that TypeScript computes', async () => {
    const stored = await put('new', { title: 'Wings', body: 'of birds' })
    expect(stored).toEqual({
      title: 'Wings',
      body: 'of birds',
      lexpand: pendingFor(stored),
    })
  })

  test('a bulk index is stamped', async () => {
    const reply = await client.bulk({ index, body: [{ index: { _id: 'bulk' } }, { title: 'a', body: 'b' }] })
    expect(reply.body.errors).toBe(false)
    expect(await read('bulk')).toMatchObject({ lexpand: { state: 'pending' } })
  })

  test('an update of another field keeps the vector, since the hash is equal', async () => {
    await put('other-field', { title: 'Wings', body: 'of birds' })
    await makeReady('other-field')
    await client.update({ index, id: 'other-field', body: { doc: { price: 3 } } })
    expect(await read('other-field')).toMatchObject({
      price: 3,
      body_sparse: { wing: 1.5, flight: 0.5 },
      lexpand: { state: 'ready', tokens: 2, encoded_at: '2026-01-01T00:00:00Z' },
    })
  })

  test('an update of the text drops the vector', async () => {
    await put('text', { title: 'Wings', body: 'of birds' })
    await makeReady('text')
    await client.update({ index, id: 'text', body: { doc: { title: 'Fins' } } })
    const stored = await read('text')
    expect(stored).toEqual({
      title: 'Fins',
      body: 'of birds',
      lexpand: pendingFor(stored),
    })
  })

  test('doc_as_upsert stamps the document that it inserts and the one that it merges', async () => {
    const upsert = { index, id: 'upsert', body: { doc: { title: 'one' }, doc_as_upsert: true } }
    await client.update(upsert)
    expect(await read('upsert')).toMatchObject({ lexpand: { state: 'pending' } })
    await makeReady('upsert')
    await client.update({ ...upsert, body: { doc: { title: 'two' }, doc_as_upsert: true } })
    expect(await read('upsert')).not.toHaveProperty('body_sparse')
  })

  test('a whole document written again is pending, since it comes without its vector', async () => {
    await put('again', { title: 'same' })
    await makeReady('again')
    expect(await put('again', { title: 'same' })).toMatchObject({ lexpand: { state: 'pending' } })
  })

  test.each(['empty', 'failed'])('a document in state %s stays so while its text does', async (state) => {
    const id = `kept-${state}`
    const source = { title: state === 'empty' ? '' : 5 }
    const lexpand = { state, text_hash: textHash(source, FIELDS), fingerprint: FINGERPRINT }
    await client.index({ index, id, pipeline: '_none', body: { ...source, lexpand } })
    await client.update({ index, id, body: { doc: { price: 1 } } })
    expect(await read(id)).toMatchObject({ lexpand })
    await client.update({ index, id, body: { doc: { title: 'text now' } } })
    expect(await read(id)).toMatchObject({ lexpand: { state: 'pending' } })
  })

  test('a vector of another fingerprint is dropped', async () => {
    const source = { title: 'Wings' }
    const lexpand = { state: 'ready', text_hash: textHash(source, FIELDS), fingerprint: 'another' }
    expect(await put('foreign', { ...source, body_sparse: { wing: 1 }, lexpand })).toEqual({
      ...source,
      lexpand: pendingFor(source),
    })
  })

  test('_reindex keeps vectors of the same set-up and stamps the rest', async () => {
    const target = uniqueName('reindexed')
    await installIndex(client, target, specification)
    await installIngestPipeline(client, target, specification)
    await put('copied-ready', { title: 'Wings' })
    await makeReady('copied-ready')
    await put('copied-pending', { title: 'Fins' })
    await client.indices.refresh({ index })
    const query = { ids: { values: ['copied-ready', 'copied-pending'] } }
    await client.reindex({ refresh: true, body: { source: { index, query }, dest: { index: target } } })
    expect(await read('copied-ready', target)).toMatchObject({ lexpand: { state: 'ready' } })
    expect(await read('copied-pending', target)).toMatchObject({ lexpand: { state: 'pending' } })
    await removeIndices(client, target)
  })
})

describe('the time since when a text waits', () => {
  const since = async (id: string) => ((await read(id)).lexpand as { pending_since: string }).pending_since

  test('stays while the text does, and starts anew with another text', async () => {
    await put('since', { title: 'Wings' })
    const first = await since('since')
    await client.update({ index, id: 'since', body: { doc: { price: 1 } } })
    expect(await since('since')).toBe(first)
    await client.update({ index, id: 'since', body: { doc: { title: 'Fins' } } })
    expect(Date.parse(await since('since'))).toBeGreaterThan(Date.parse(first))
  })

  test.each(['yesterday', 7, null, ['2026'], { at: 1 }])(
    'that a client made up as %j is replaced',
    async (made) => {
      const body = { title: 'made up' }
      const lexpand = { state: 'pending', text_hash: textHash(body, FIELDS), pending_since: made }
      expect((await put('made-up', { ...body, lexpand })).lexpand).toEqual(pendingFor(body))
    },
  )
})

describe('the table of states', () => {
  const fields = ['title', 'body']
  const source = { title: 'Wings' }
  const sidecars: Record<Condition, object | undefined> = {
    absent: undefined,
    unmarked: undefined,
    pending: { state: 'pending', text_hash: textHash(source, fields) },
    stale: { state: 'ready', text_hash: 'of another text', fingerprint: FINGERPRINT },
    ready: { state: 'ready', text_hash: textHash(source, fields), fingerprint: FINGERPRINT },
    empty: { state: 'empty', text_hash: textHash(source, fields), fingerprint: FINGERPRINT },
    failed: { state: 'failed', text_hash: textHash(source, fields), fingerprint: FINGERPRINT },
  }

  test.each(Object.keys(TRANSITIONS) as Condition[])(
    'holds for a text written over a document that is %s',
    async (before) => {
      const id = `from-${before}`
      const lexpand = sidecars[before]
      const vector = before === 'ready' || before === 'stale' ? { body_sparse: { wing: 1 } } : {}
      if (before !== 'absent') {
        const body = { ...source, ...vector, ...(lexpand === undefined ? {} : { lexpand }) }
        await client.index({ index, id, pipeline: '_none', body })
      }
      await client.update({ index, id, body: { doc: { title: 'Fins' }, doc_as_upsert: true } })
      expect(await read(id)).toMatchObject({ lexpand: { state: conditionAfter(before, 'write') } })
      expect(await read(id)).not.toHaveProperty('body_sparse')
    },
  )
})

describe('a write never fails', () => {
  test.each<[string, Record<string, unknown>]>([
    ['no text fields', { price: 1 }],
    ['an empty document', {}],
    ['null text', { title: null }],
    ['a number as text', { title: 3.5 }],
    ['a sidecar that claims a vector', { title: 'x', lexpand: { state: 'ready', text_hash: 'made up' } }],
    ['a sidecar with unknown keys', { title: 'x', lexpand: { state: 'ready', surprise: { deep: [1] } } }],
    ['a sidecar that is null', { title: 'x', lexpand: null }],
    ['a vector without a sidecar', { title: 'x', body_sparse: { wing: 1 } }],
    ['a key __proto__', JSON.parse('{"title":"x","__proto__":{"state":"ready"}}')],
  ])('with %s: the document is pending without a vector', async (name, body) => {
    const stored = await put(`hostile ${name}`, body)
    expect(stored.lexpand).toEqual(pendingFor(body))
    expect(stored).not.toHaveProperty('body_sparse')
  })

  test.each<[string, Record<string, unknown>]>([
    ['lexpand', { title: 'x', lexpand: 'a brand' }],
    ['lexpand', { title: 'x', lexpand: { brand: 'x' } }],
    ['failed to parse', { title: 'x', body_sparse: 'wing' }],
  ])(
    'but for a value of the owner under our names: the engine refuses it (%s), and nothing is replaced',
    async (reason, body) => {
      const put = client.index({ index, id: 'own value', body })
      await expect(put).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining(reason) })
      expect((await client.exists({ index, id: 'own value' })).body).toBe(false)
    },
  )

  test('a ready sidecar with the right hash but no vector is pending', async () => {
    const lexpand = { state: 'ready', text_hash: textHash({ title: 'x' }, FIELDS), fingerprint: FINGERPRINT }
    for (const vector of [{}, { body_sparse: {} }, { body_sparse: null }]) {
      const stored = await put('claimed', { title: 'x', lexpand, ...vector })
      expect(stored).toEqual({ title: 'x', lexpand: pendingFor({ title: 'x' }) })
    }
  })

  test('unknown keys are dropped from a sidecar that is kept', async () => {
    const source = { title: 'x', body_sparse: { x: 1 } }
    const lexpand = { state: 'ready', text_hash: textHash(source, FIELDS), fingerprint: FINGERPRINT }
    const stored = await put('extra', { ...source, lexpand: { ...lexpand, surprise: 1 } })
    expect(stored).toEqual({ ...source, lexpand })
  })

  test('ten megabytes of text are stamped', async () => {
    const body = { body: 'long text '.repeat(1_000_000) }
    await client.index({ index, id: 'long', body })
    const stored = await client.get({ index, id: 'long', _source_includes: ['lexpand'] })
    expect(stored.body._source).toEqual({ lexpand: pendingFor(body) })
  })
})

describe('the hash of the engine equals that of TypeScript', () => {
  const nested = testSpecification({ fields: ['a.b', 'tags', 'a.c.d'], sparseField: 'vector' })
  const nestedIndex = uniqueName('hash')

  beforeAll(async () => {
    // Not indexed: only the stored source counts here, and random documents would make conflicting mappings.
    await client.indices.create({ index: nestedIndex, body: { mappings: { enabled: false } as object } })
    await installIngestPipeline(client, nestedIndex, nested)
  })

  afterAll(async () => {
    await removeIndices(client, nestedIndex)
  })

  async function stamped(documents: readonly object[]): Promise<unknown[]> {
    const body = documents.flatMap((document, at) => [{ index: { _id: String(at) } }, document])
    const reply = await client.bulk({ index: nestedIndex, body })
    expect(reply.body.items.filter(({ index: item }) => item?.error !== undefined)).toEqual([])
    const stored = await client.mget({
      index: nestedIndex,
      body: { ids: documents.map((_, at) => String(at)) },
    })
    return stored.body.docs.map((document) => {
      const { _source } = document as { _source: { lexpand: { text_hash: string } } }
      return _source.lexpand.text_hash
    })
  }

  test('for unicode, arrays, nested, dotted, missing, null and empty values', async () => {
    const documents: object[] = [
      { a: { b: 'Füße 中文 👩‍🚀 \u0000 \u200b é' } },
      { a: { b: ['one', ['two', ['three']], null, ''] }, tags: ['x', 'y'] },
      { a: [{ b: 'first' }, { b: 'second', c: [{ d: 'deep' }] }] },
      { 'a.b': 'dotted', a: { 'c.d': 'half dotted' } },
      { 'a.b': 'both', a: { b: 'ways' } },
      {},
      { a: null, tags: null },
      { a: { b: '' } },
      { a: 'not an object' },
      { a: { b: 3 } },
      { a: { b: 3.25e-7 } },
      { a: { b: true } },
      { a: { b: { x: 'object' } } },
      { a: { b: ['fine', 12345678901234] }, tags: 'never reached' },
      { tags: '   spaces   ' },
      { tags: 'line\r\nbreak\ttab\u2028\u00a0' },
      { tags: 'x'.repeat(200_000) },
      { tags: 'lone \ud83d surrogate \udc00\udc00 beside a pair 😀' },
      JSON.parse('{"__proto__":{"tags":"no"},"constructor":"x","tags":["__proto__"]}'),
    ]
    expect(await stamped(documents)).toEqual(documents.map((document) => textHash(document, nested.fields)))
  })

  test('for arrays nested up to the bound and beyond', async () => {
    const wrapped = (depth: number) => {
      let value: unknown = 'core'
      for (let level = 0; level < depth; level++) value = [value]
      return { tags: value }
    }
    const documents = [62, 63, 64, 65, 100].map(wrapped)
    const hashes = documents.map((document) => textHash(document, nested.fields))
    expect(await stamped(documents)).toEqual(hashes)
    expect(new Set(hashes).size).toBe(2)
  })

  test('for a thousand random documents', async () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))
    const leaf = fc.oneof(text, fc.constant(null), fc.integer(), fc.boolean())
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('any'), { maxLength: 3 }), tie('object')),
      object: fc.dictionary(fc.constantFrom('b', 'c', 'd', 'c.d'), tie('any'), { maxKeys: 3 }),
    })).any
    const document = fc.dictionary(fc.constantFrom('a', 'a.b', 'a.c.d', 'a.c', 'tags'), value, { maxKeys: 4 })
    const documents = fc.sample(document, { numRuns: 1_000, seed: 42 })
    expect(await stamped(documents)).toEqual(documents.map((one) => textHash(one, nested.fields)))
  })
})

describe('concurrent writers', () => {
  // The engine's own fingerprint processor fails this: its threads share one digest.
  test('get the right hash, each of 8,000 documents', async () => {
    const writer = async (name: number) => {
      for (let round = 0; round < 5; round++) {
        const body = Array.from({ length: 200 }, (_, at) => `writer ${name} round ${round} document ${at}`)
        await client.bulk({
          index,
          body: body.flatMap((text) => [{ index: { _id: text } }, { body: text.repeat(40) }]),
        })
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, name) => writer(name)))
    await client.indices.refresh({ index })
    let wrong = 0
    let read = 0
    for (let name = 0; name < 8; name++) {
      const found = await client.search({
        index,
        body: { size: 1_000, query: { match_phrase: { body: `writer ${name} round` } } },
      })
      for (const { _source } of found.body.hits.hits) {
        read++
        if (_source.lexpand.text_hash !== textHash(_source, FIELDS)) wrong++
      }
    }
    expect({ read, wrong }).toEqual({ read: 8_000, wrong: 0 })
  })
})

describe('installing the pipeline', () => {
  test('on an index of an older version maps the sidecar keys that it lacks, so that writes go on', async () => {
    const older = uniqueName('older')
    const { pending_since: _, copied_from: __, ...properties } = sidecarMapping.properties
    const mappings = { properties: { lexpand: { ...sidecarMapping, properties } } }
    await client.indices.create({ index: older, body: { mappings } } as never)
    await installIngestPipeline(client, older, specification)
    await client.index({ index: older, id: '1', body: { title: 'x' } })
    expect(await read('1', older)).toMatchObject({ lexpand: pendingFor({ title: 'x' }) })
    await removeIndices(client, older)
  })

  test('twice changes nothing and needs no removal of anything', async () => {
    expect(await installIngestPipeline(client, index, specification)).toBe(`lexpand-${index}`)
    const settings = await client.indices.getSettings({ index, flat_settings: true })
    expect(settings.body[index]?.settings).toMatchObject({ 'index.default_pipeline': `lexpand-${index}` })
  })

  test('chains with the default pipeline of the owner, which keeps its effect, and so do its changes', async () => {
    const chained = uniqueName('chained')
    const owner = `owner-${chained}`
    const put = (processors: object[]) =>
      client.ingest.putPipeline({ id: owner, body: { processors } as never })
    await put([{ lowercase: { field: 'title' } }])
    await client.indices.create({
      index: chained,
      body: { settings: { 'index.default_pipeline': owner } as object },
    })
    const defaultOf = async () => {
      const reply = await client.indices.getSettings({ index: chained, flat_settings: true })
      return reply.body[chained]?.settings?.['index.default_pipeline' as never]
    }
    for (let twice = 0; twice < 2; twice++) {
      expect(await installIngestPipeline(client, chained, specification)).toBe(`lexpand-${chained}`)
      expect(await defaultOf()).toBe(`lexpand-${chained}:chain`)
    }
    await client.index({ index: chained, id: '1', body: { title: 'X' } })
    expect(await read('1', chained)).toMatchObject({ title: 'x', lexpand: { state: 'pending' } })
    await put([
      { lowercase: { field: 'title' } },
      { set: { field: 'by', value: 'owner' } },
      { drop: { if: "ctx.title == 'no'" } },
    ])
    await client.index({ index: chained, id: '1', body: { title: 'Y' } })
    await client.index({ index: chained, id: '2', body: { title: 'NO' } })
    expect(await read('1', chained)).toMatchObject({ title: 'y', by: 'owner', lexpand: { state: 'pending' } })
    expect((await client.exists({ index: chained, id: '2' })).body).toBe(false)
    await client.ingest.deletePipeline({ id: owner })
    expect(await missingPipelines(client, chained)).toEqual([owner])
    await removeIndices(client, chained)
    await client.ingest.deletePipeline({ id: `lexpand-${chained}:chain` })
  })

  test('in place of the stamp of the index that this one was cloned from', async () => {
    const original = uniqueName('original')
    const cloned = `${original}-clone`
    await installIndex(client, original, specification)
    await installIngestPipeline(client, original, specification)
    await client.indices.addBlock({ index: original, block: 'write' })
    await client.indices.clone({
      index: original,
      target: cloned,
      body: { settings: { 'index.blocks.write': null } as object },
    })
    await installIngestPipeline(client, cloned, specification)
    const settings = await client.indices.getSettings({ index: cloned, flat_settings: true })
    expect(settings.body[cloned]?.settings).toMatchObject({ 'index.default_pipeline': `lexpand-${cloned}` })
    await removeIndices(client, original, cloned)
  })

  test('a pipeline that is not there is named, since every write is refused; a stamp of ours is put back', async () => {
    const restored = uniqueName('restored')
    const settings = { 'index.default_pipeline': 'nobody-has-it', 'index.final_pipeline': 'nor-this' }
    await client.indices.create({ index: restored, body: { settings: settings as object } })
    expect(await missingPipelines(client, restored)).toEqual(['nobody-has-it', 'nor-this'])
    await expect(installIngestPipeline(client, restored, specification)).rejects.toThrow(
      `expected the default pipeline nobody-has-it of index ${restored} to exist, got none: the engine refuses every write. Put it back`,
    )
    const ours = { 'index.default_pipeline': 'lexpand-elsewhere', 'index.final_pipeline': '_none' }
    await client.indices.putSettings({ index: restored, body: ours as object })
    await installIngestPipeline(client, restored, specification)
    expect(await missingPipelines(client, restored)).toEqual([])
    await client.index({ index: restored, id: '1', body: { title: 'x' } })
    expect(await read('1', restored)).toMatchObject({ lexpand: { state: 'pending' } })
    await removeIndices(client, restored)
  })

  test('on an index that is not there names it', async () => {
    await expect(installIngestPipeline(client, uniqueName('missing'), specification)).rejects.toMatchObject({
      code: 'INDEX',
      message: expect.stringContaining('no such index'),
    })
  })
})
