import type { Client } from '@opensearch-project/opensearch'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PrivateService, startPrivateCluster, startPrivateOpenSearch } from '../../embedded/index.ts'
import { installIndex, SIDECAR_KEYS, textHash } from '../../mappings/index.ts'
import { ingestPipeline, installIngestPipeline } from '../../pipelines/index.ts'
import { hasPlugin, pluginHome } from '../fixtures/plugin-home.ts'
import {
  readySource,
  removeIndices,
  testClient,
  testSpecification,
  uniqueName,
} from '../fixtures/test-index.ts'

const FIELDS = ['title', 'body']
const specification = testSpecification({ fields: FIELDS })
const FINGERPRINT = specification.fingerprint
const index = uniqueName('plugin-stamp')
let engine: PrivateService
let client: Client

beforeAll(async () => {
  if (!hasPlugin) return
  engine = await startPrivateOpenSearch({ home: await pluginHome() })
  client = testClient(engine.url)
  await installIndex(client, index, specification, { replicas: 0 })
  await installIngestPipeline(client, index, specification, { form: 'plugin' })
})

afterAll(async () => {
  await engine?.stop()
})

type Source = Record<string, unknown>

async function read(id: string, from = index): Promise<Source> {
  return (await client.get({ index: from, id })).body._source as Source
}

async function putReady(id: string, source: Source = { title: 'Wings', body: 'of birds' }): Promise<void> {
  await client.index({ index, id, pipeline: '_none', body: readySource(source, specification) })
}

/** Asks by a search, because stored source and inverted index could differ. */
async function found(id: string): Promise<{ vector: boolean; states: string[] }> {
  await client.indices.refresh({ index })
  const ask = async (query: object) => {
    const filter = [{ ids: { values: [id] } }, query]
    return (await client.search({ index, body: { query: { bool: { filter } } } })).body.hits.hits.length === 1
  }
  const states: string[] = []
  for (const state of ['pending', 'ready', 'empty', 'failed']) {
    if (await ask({ term: { 'lexpand.state': state } })) states.push(state)
  }
  return { vector: await ask({ rank_feature: { field: 'body_sparse.wing', linear: {} } }), states }
}

describe.skipIf(!hasPlugin)('the ingest processor lexpand_stamp', () => {
  test('is installed for who asks for it, stays, and goes again', async () => {
    const name = uniqueName('form')
    await installIndex(client, name, specification, { replicas: 0 })
    const installed = async (form?: 'script' | 'plugin') => {
      await installIngestPipeline(client, name, specification, form === undefined ? {} : { form })
      const pipelines = await client.ingest.getPipeline({ id: `lexpand-${name}` })
      return Object.keys(pipelines.body[`lexpand-${name}`]?.processors?.[0] ?? {})
    }
    expect(await installed()).toEqual(['script'])
    expect(await installed('plugin')).toEqual(['lexpand_stamp'])
    expect(await installed()).toEqual(['lexpand_stamp'])
    expect(await installed('script')).toEqual(['script'])
    await removeIndices(client, name)
  })

  test('gives the same document as the script, for three thousand odd documents', async () => {
    const odd = testSpecification({ fields: ['a.b', 'tags', 'a.c.d'], sparseField: 'vector' })
    const [stock, ours] = [uniqueName('stock'), uniqueName('ours')]
    for (const [name, form] of [
      [stock, 'script'],
      [ours, 'plugin'],
    ] as const) {
      await client.indices.create({ index: name, body: { mappings: { enabled: false } as object } })
      await client.ingest.putPipeline({ id: `lexpand-${name}`, body: ingestPipeline(odd, form) })
    }
    const documents = fc.sample(oddDocument(odd.fields), { numRuns: 3_000, seed: 7 })
    const stored: Source[][] = []
    for (const name of [stock, ours]) {
      const lines = documents.flatMap((document, at) => [{ index: { _id: String(at) } }, document])
      const reply = await client.bulk({ index: name, pipeline: `lexpand-${name}`, body: lines })
      expect(reply.body.errors).toBe(false)
      const ids = documents.map((_, at) => String(at))
      const answer = await client.mget({ index: name, body: { ids } })
      stored.push(answer.body.docs.map((document) => withoutClock((document as { _source: Source })._source)))
    }
    expect(stored[1]).toEqual(stored[0])
    const states = stored[1]?.map(({ lexpand }) => (lexpand as Source | undefined)?.state)
    expect(states).toEqual(expect.arrayContaining(['pending', 'ready', 'empty', 'failed']))
    await removeIndices(client, stock, ours)
  })

  test('has the hash also where an integer beyond 64 bits makes the script fail', async () => {
    const sent = '{"title": "x", "body": "y", "lexpand": null, "n": {"m": 98765432109876543210}}'
    const name = uniqueName('big')
    await client.indices.create({ index: name, body: { mappings: { enabled: false } as object } })
    for (const form of ['script', 'plugin'] as const) {
      await client.ingest.putPipeline({ id: `lexpand-${name}`, body: ingestPipeline(specification, form) })
      const path = `/${name}/_doc/${form}?pipeline=lexpand-${name}`
      await client.transport.request({ method: 'PUT', path, body: sent })
    }
    const { lexpand: byScript } = await read('script', name)
    expect(byScript).not.toHaveProperty('text_hash')
    const { lexpand: byPlugin } = await read('plugin', name)
    expect(byPlugin).toMatchObject({ text_hash: textHash({ title: 'x', body: 'y' }, FIELDS) })
    await removeIndices(client, name)
  })

  test.each([
    ['no fields', { sparse_field: 's', fingerprint: 'f' }, '[fields] required property is missing'],
    ['an empty list', { fields: [], sparse_field: 's', fingerprint: 'f' }, 'expected one or more names'],
    ['a field twice', { fields: ['a', 'a'], sparse_field: 's', fingerprint: 'f' }, 'Name each once'],
    ['a number as field', { fields: [1], sparse_field: 's', fingerprint: 'f' }, 'expected one or more names'],
    ['a dotted sparse field', { fields: ['a'], sparse_field: 's.t', fingerprint: 'f' }, 'top-level field'],
    [
      'a text field as sparse field',
      { fields: ['a'], sparse_field: 'a', fingerprint: 'f' },
      'top-level field',
    ],
    ['no fingerprint', { fields: ['a'], sparse_field: 's' }, '[fingerprint] required property is missing'],
    ['an unknown option', { fields: ['a'], sparse_field: 's', fingerprint: 'f', x: 1 }, 'x'],
  ])('with %s is refused and says why', async (_, lexpand_stamp, message) => {
    const body = { processors: [{ lexpand_stamp }] } as object
    await expect(client.ingest.putPipeline({ id: uniqueName('bad'), body })).rejects.toThrow(message)
  })
})

describe.skipIf(!hasPlugin)('a document that is sent again, whole', () => {
  const again = { title: 'Wings', body: 'of birds', price: 3 }

  test('with the same text keeps its vector, by PUT and by _bulk', async () => {
    for (const [id, send] of [
      ['again-put', () => client.index({ index, id: 'again-put', body: again })],
      ['again-bulk', () => client.bulk({ index, body: [{ index: { _id: 'again-bulk' } }, again] })],
    ] as const) {
      await putReady(id)
      await send()
      expect(await read(id)).toEqual(readySource(again, specification))
      expect(await found(id)).toEqual({ vector: true, states: ['ready'] })
    }
  })

  test('with another text, or over a document that had failed, is pending', async () => {
    await putReady('again-text')
    await client.index({ index, id: 'again-text', body: { ...again, title: 'Fins' } })
    const failed = { state: 'failed', text_hash: textHash(again, FIELDS), fingerprint: FINGERPRINT }
    await client.index({ index, id: 'again-failed', pipeline: '_none', body: { ...again, lexpand: failed } })
    await client.index({ index, id: 'again-failed', body: again })
    for (const id of ['again-text', 'again-failed']) {
      expect(await found(id)).toEqual({ vector: false, states: ['pending'] })
    }
  })

  test('with a sidecar of its own is not looked up: who sends pending gets pending', async () => {
    await putReady('again-forced')
    await client.index({ index, id: 'again-forced', body: { ...again, lexpand: { state: 'pending' } } })
    expect(await found('again-forced')).toEqual({ vector: false, states: ['pending'] })
  })

  test('a thousand of them, mixed with new and changed ones, each get their own vector', async () => {
    const vectorOf = (at: number) => ({ wing: 1, [`token${at}`]: 2 })
    const source = (at: number) => ({ title: `document ${at}` })
    const stored = Array.from({ length: 900 }, (_, at) => [
      { index: { _id: `mixed-${at}` } },
      { ...readySource(source(at), specification), body_sparse: vectorOf(at) },
    ])
    await client.bulk({ index, pipeline: '_none', body: stored.flat() })
    const sent = Array.from({ length: 1_000 }, (_, at) => [
      { index: { _id: `mixed-${at}` } },
      at % 10 === 0 ? { title: `changed ${at}` } : source(at),
    ])
    expect((await client.bulk({ index, body: sent.flat() })).body.errors).toBe(false)
    const ids = sent.map((_, at) => `mixed-${at}`)
    const answer = await client.mget({ index, body: { ids } })
    const wrong = answer.body.docs.filter((document, at) => {
      const { body_sparse, lexpand } = (document as { _source: Source })._source
      const isKept = at < 900 && at % 10 !== 0
      return isKept
        ? JSON.stringify(body_sparse) !== JSON.stringify(vectorOf(at))
        : body_sparse !== undefined || (lexpand as Source).state !== 'pending'
    })
    expect(wrong).toEqual([])
  })
})

describe.skipIf(!hasPlugin)('the index operation listener', () => {
  const partial = (id: string) => [{ update: { _id: id } }, { doc: { title: 'Fins' } }]
  const routes: [string, (id: string) => Promise<unknown>][] = [
    ['a partial update inside _bulk', (id) => client.bulk({ index, body: partial(id) })],
    [
      'doc_as_upsert inside _bulk',
      (id) =>
        client.bulk({
          index,
          body: [{ update: { _id: id } }, { doc: { title: 'Fins' }, doc_as_upsert: true }],
        }),
    ],
    [
      'a script inside _bulk',
      (id) =>
        client.bulk({
          index,
          body: [{ update: { _id: id } }, { script: { source: 'ctx._source.title = "Fins"' } }],
        }),
    ],
    [
      'a partial update without pipeline',
      (id) => client.bulk({ index, pipeline: '_none', body: partial(id) }),
    ],
    ['a single _update', (id) => client.update({ index, id, body: { doc: { title: 'Fins' } } })],
    [
      '_update_by_query',
      async (id) => {
        await client.indices.refresh({ index })
        const query = { ids: { values: [id] } }
        await client.updateByQuery({
          index,
          pipeline: '_none',
          body: { query, script: { source: 'ctx._source.title = "Fins"' } },
        })
      },
    ],
    [
      'a whole document that claims the vector of another text',
      async (id) => {
        const claimed = { ...(await read(id)), title: 'Fins' }
        await client.index({ index, id, pipeline: '_none', body: claimed })
      },
    ],
  ]

  test.each(routes)(
    '%s that changes the text makes the document pending, its vector gone',
    async (name, write) => {
      const id = `route ${name}`
      await putReady(id)
      expect(await found(id)).toEqual({ vector: true, states: ['ready'] })
      await write(id)
      const stored = await read(id)
      expect(withoutClock(stored)).toEqual({
        title: 'Fins',
        body: 'of birds',
        lexpand: { state: 'pending', text_hash: textHash(stored, FIELDS) },
      })
      expect(await found(id)).toEqual({ vector: false, states: ['pending'] })
    },
  )

  test('a partial update of another field keeps the vector', async () => {
    await putReady('other-field')
    await client.bulk({ index, body: [{ update: { _id: 'other-field' } }, { doc: { price: 3 } }] })
    expect(await read('other-field')).toEqual({
      ...readySource({ title: 'Wings', body: 'of birds' }, specification),
      price: 3,
    })
    expect(await found('other-field')).toEqual({ vector: true, states: ['ready'] })
  })

  test('a vector that is written without a sidecar is taken away', async () => {
    const body = { title: 'x', body_sparse: { wing: 1.5 } }
    await client.index({ index, id: 'alone', pipeline: '_none', body })
    expect(await found('alone')).toEqual({ vector: false, states: ['pending'] })
  })

  test('a document that was never stamped stays byte for byte as it was sent', async () => {
    const sent = '{ "title" : "x", "n":1.50, "long": 1234567890123456789 }'
    const path = `/${index}/_doc/untouched?pipeline=_none`
    await client.transport.request({ method: 'PUT', path, body: sent })
    const url = `${engine.url}/${index}/_source/untouched`
    expect(await (await fetch(url)).text()).toBe(sent)
  })

  test('an index that gets the specification later is watched from then on', async () => {
    const later = uniqueName('later')
    await client.indices.create({
      index: later,
      body: { mappings: { properties: { title: { type: 'text' } } } },
    })
    const claim = { title: 'x', body_sparse: { wing: 1 } }
    await client.index({ index: later, id: '1', body: claim })
    expect(await read('1', later)).toEqual(claim)
    await client.indices.delete({ index: later })
    await client.indices.create({
      index: later,
      body: { mappings: { properties: { title: { type: 'text' }, body: { type: 'text' } } } },
    })
    await installIndex(client, later, specification)
    await client.index({ index: later, id: '1', body: claim })
    expect(await read('1', later)).toMatchObject({ title: 'x', lexpand: { state: 'pending' } })
    await removeIndices(client, later)
  })

  test('stored changes survive a crash', async () => {
    await putReady('crash')
    await client.bulk({ index, body: [{ update: { _id: 'crash' } }, { doc: { title: 'Fins' } }] })
    const before = await read('crash')
    await engine.kill9()
    await engine.restart()
    await client.cluster.health({ index, wait_for_status: 'yellow' })
    expect(await read('crash')).toEqual(before)
    expect(await found('crash')).toEqual({ vector: false, states: ['pending'] })
  })
})

describe.skipIf(!hasPlugin)('copies of a shard', () => {
  test('hold the same after partial updates, and a copy that is made later does, too', async () => {
    const cluster = await startPrivateCluster({ size: 2, home: await pluginHome() })
    try {
      const [first] = cluster.nodes
      const two = testClient(first?.url ?? '')
      const name = uniqueName('copies')
      await installIndex(two, name, specification, { replicas: 1 })
      await two.cluster.health({ index: name, wait_for_status: 'green' })
      const all = Array.from({ length: 60 }, (_, at) => String(at))
      const source = (id: string) => ({ title: `title ${id}`, body: 'of birds' })
      await two.bulk({
        index: name,
        body: all.flatMap((_id) => [{ index: { _id } }, readySource(source(_id), specification)]),
      })
      const changed = all.filter((id) => Number(id) % 3 === 0)
      await two.bulk({
        index: name,
        refresh: true,
        body: all.flatMap((_id) => [
          { update: { _id } },
          { doc: changed.includes(_id) ? { title: 'Fins' } : { price: 3 } },
        ]),
      })
      const copies = async () => {
        const shards = await two.cat.shards({
          index: name,
          format: 'json',
          h: ['node', 'state'],
        })
        const rows = shards.body as readonly { node: string; state: string }[]
        expect(rows.map(({ state }) => state)).toEqual(['STARTED', 'STARTED'])
        const nodes = await two.cat.nodes({ format: 'json', h: ['id', 'name'], full_id: true })
        return Promise.all(
          (nodes.body as readonly { id?: string }[]).map(async ({ id }) => {
            const found = await two.search({
              index: name,
              preference: `_only_nodes:${id}`,
              body: {
                size: 100,
                sort: [{ _seq_no: 'asc' }] as never,
                seq_no_primary_term: true,
                version: true,
              },
            })
            const pending = await two.count({
              index: name,
              preference: `_only_nodes:${id}`,
              body: { query: { term: { 'lexpand.state': 'pending' } } },
            })
            const vectors = await two.count({
              index: name,
              preference: `_only_nodes:${id}`,
              body: { query: { rank_feature: { field: 'body_sparse.wing', linear: {} } } },
            })
            return { hits: found.body.hits.hits, pending: pending.body.count, vectors: vectors.body.count }
          }),
        )
      }
      const [a, b] = await copies()
      expect(a).toMatchObject({ pending: changed.length, vectors: all.length - changed.length })
      expect(b).toEqual(a)
      const replicas = async (count: number) => {
        await two.indices.putSettings({ index: name, body: { 'index.number_of_replicas': count } as object })
        await two.cluster.health({ index: name, wait_for_status: 'green' })
      }
      await replicas(0)
      await replicas(1)
      expect(await copies()).toEqual([a, a])
    } finally {
      await cluster.stop()
    }
  })
})

/** The time at which a document became pending is the one thing in which two runs differ. */
function withoutClock(source: Source): Source {
  // The hook leaves a document alone that holds a value of its owner under a name of Lexpand.
  if (source.lexpand === undefined) return source
  const { pending_since: _, ...sidecar } = source.lexpand as Source
  return { ...source, lexpand: sidecar }
}

/** Documents with strings, numbers, objects and arrays at and beside the paths, and sidecars from right to hostile. */
function oddDocument(fields: readonly string[]): fc.Arbitrary<Source> {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))
  const leaf = fc.oneof(
    text,
    fc.constant(null),
    fc.integer(),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.boolean(),
  )
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('any'), { maxLength: 3 }), tie('object')),
    object: fc.dictionary(fc.constantFrom('b', 'c', 'd', 'c.d'), tie('any'), { maxKeys: 3 }),
  })).any
  const source = fc.dictionary(fc.constantFrom('a', 'a.b', 'a.c.d', 'a.c', 'tags'), value, { maxKeys: 4 })
  const sidecar = fc.record(
    {
      state: fc.constantFrom('ready', 'pending', 'empty', 'failed', 'odd', null, 3),
      fingerprint: fc.constantFrom(FINGERPRINT, FINGERPRINT, FINGERPRINT, 'another'),
      rightHash: fc.constantFrom(true, true, true, false),
      extra: fc.dictionary(fc.constantFrom(...SIDECAR_KEYS.slice(3), 'surprise'), fc.integer(), {
        maxKeys: 3,
      }),
    },
    { requiredKeys: ['rightHash', 'extra'] },
  )
  const vector = fc.constantFrom({ wing: 1 }, { wing: 1 }, {}, null, 'wing', undefined)
  return fc
    .tuple(
      source,
      fc.option(fc.oneof({ weight: 5, arbitrary: sidecar }, { weight: 1, arbitrary: leaf })),
      vector,
    )
    .map(([document, claim, weights]) => {
      const whole: Source = { ...document, ...(weights === undefined ? {} : { vector: weights }) }
      if (typeof claim !== 'object' || claim === null)
        return claim === null ? whole : { ...whole, lexpand: claim }
      const { rightHash, extra, ...keys } = claim
      const text_hash = rightHash ? textHash(document, fields) : 'wrong'
      return { ...whole, lexpand: { ...extra, ...keys, text_hash } }
    })
}
