import type { Client } from '@opensearch-project/opensearch'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { installIndex, textHash } from '../mappings/index.ts'
import { audit, enqueue, sweep } from '../workers/index.ts'
import { lexpand, lexpandJson } from './fixtures/run-cli.ts'
import { removeIndices, testClient, testSpecification, uniqueName } from './fixtures/test-index.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

const CLEAN = {
  overdue: 0,
  failed: 0,
  stale: 0,
  foreign: 0,
  vectorMissing: 0,
  orphanVector: 0,
  oversized: 0,
  unreadable: 0,
  problems: 0,
}

describe('audit', () => {
  test('finds every document of a healthy index ready, and exits 0', async () => {
    const fixture = await workerFixture('audit-clean')
    const { client, queue, index, specification } = fixture
    await enqueue({ client, queue, index, specification }, numbered(300))
    await client.index({ index, id: 'blank', body: { text: '' } })
    await encodeAll(fixture, 301)
    expect(await audit(client, index)).toMatchObject({ ...CLEAN, documents: 301, ready: 300, empty: 1 })
    const { code, result } = await lexpandJson(['audit', '--index', index])
    expect(code).toBe(0)
    expect(result).toMatchObject({ documents: 301, ready: 300, pending: 0, empty: 1, failed: 0, stale: 0 })
    const human = await lexpand(['audit', '--index', index])
    expect(human.stdout).toMatch(/301 documents[\s\S]*ready +300 [\s\S]*No problems\./)
  })

  test('counts and names each kind of problem; repair queues exactly these, and the next audit is clean', async () => {
    const fixture = await workerFixture('audit-problems')
    const { client, queue, index, specification } = fixture
    await enqueue({ client, queue, index, specification }, numbered(40))
    await encodeAll(fixture, 40)
    await spoil(fixture)

    const { code, result } = await lexpandJson(['audit', '--index', index, '--sample', '10', '--grace', '0'])
    expect(code).toBe(1)
    expect(result).toMatchObject({
      documents: 42,
      ready: 39,
      pending: 2,
      empty: 1,
      overdue: 2,
      stale: 2,
      foreign: 1,
      vector_missing: 2,
      orphan_vector: 1,
      problems: 8,
    })
    const named = (finding: string) => result.samples[finding].map(({ id }: { id: string }) => id).sort()
    expect(named('stale')).toEqual(['d0', 'd1'])
    expect(named('foreign')).toEqual(['d2'])
    expect(named('vector_missing')).toEqual(['d3', 'd4'])
    expect(named('orphan_vector')).toEqual(['blank'])
    expect(named('overdue')).toEqual(['before-lexpand', 'd5'])

    const repair = await lexpandJson(['audit', '--index', index, '--repair'])
    expect(repair.code).toBe(1)
    expect(repair.result.repaired).toEqual({ queued: 7, waiting: 0, cleared: 1, overtaken: 0 })
    const worker = await fixture.startWorker()
    await queue.idle()
    expect(worker.stats).toMatchObject({ ready: 7, settled: 0 })
    expect(await lexpandJson(['audit', '--index', index, '--grace', '0'])).toMatchObject({ code: 0 })
    const documents = await fixture.documents()
    documents.delete('blank')
    await expectAllReady(fixture, documents, fixture.encoder())
  })

  test('texts that the model can hardly read are ready, marked by the worker and counted', async () => {
    const fixture = await workerFixture('audit-unreadable')
    const { client, queue, index, specification } = fixture
    const documents = [
      { id: 'chinese', source: { text: '医生在心脏病发作后给病人开了药。' } },
      { id: 'english', source: { text: 'the doctor gave the patient some medicine' } },
    ]
    await enqueue({ client, queue, index, specification }, documents)
    await encodeAll(fixture, 2)
    expect(await audit(client, index)).toMatchObject({
      ready: 2,
      unreadable: 1,
      problems: 0,
      samples: {
        unreadable: [
          {
            id: 'chinese',
            reason: expect.stringMatching(/^unreadable: 9\d% of the first word pieces are unknown/),
          },
        ],
      },
    })
    const human = await lexpand(['audit', '--index', index])
    expect(human.stdout).toMatch(/unreadable +1 {2}in a language or script that the model can hardly read/)
    // A text that it can read takes the mark away.
    await client.index({ index, id: 'chinese', body: { text: 'rain in the morning' } })
    await encodeAll(fixture, 2)
    expect(await audit(client, index)).toMatchObject({ ready: 2, unreadable: 0 })
  })

  test('a document that waits for less than the grace time is pending and no problem', async () => {
    const { client, index } = await workerFixture('audit-grace')
    await client.index({ index, id: 'new', body: { text: 'just written' } })
    expect(await audit(client, index)).toMatchObject({ ...CLEAN, pending: 1 })
    expect(await audit(client, index, { graceSeconds: 0 })).toMatchObject({ pending: 1, overdue: 1 })
  })

  test('texts that are long, of several fields, odd or not text are compared as the worker hashes them', async () => {
    const { client, index, specification } = await workerFixture('audit-texts', {
      fields: ['title', 'body.text'],
    })
    const long = 'längerer Text mit 😀 '.repeat(2_000)
    const sources: Record<string, object> = {
      long: { title: long, body: { text: long } },
      list: { title: ['a', 'b'], body: [{ text: 'c' }, { text: ['d'] }] },
      dotted: { title: ' x ', 'body.text': 'y' },
      surrogate: { title: 'half \ud83d pair' },
    }
    for (const [id, source] of Object.entries(sources)) {
      const lexpand = {
        state: 'ready',
        text_hash: textHash(source, specification.fields),
        fingerprint: specification.fingerprint,
        truncated: id === 'long' ? 12 : 0,
      }
      await forge(client, index, id, { ...source, lexpand })
    }
    expect(await audit(client, index, { maxTextBytes: 50_000 })).toMatchObject({
      stale: 0,
      truncated: 1,
      oversized: 1,
      vectorMissing: 4,
    })
    await bypass(client, index, 'long', { doc: { body: { text: `${long}.` } } })
    expect((await audit(client, index)).samples.stale).toEqual([{ index, id: 'long' }])
  })

  test('every index behind an alias is audited, on several shards', async () => {
    const client = testClient(inject('opensearchUrl'))
    const [first, second, alias] = [uniqueName('audit-a'), uniqueName('audit-b'), uniqueName('audit-alias')]
    onTestFinished(async () => {
      await removeIndices(client, first, second)
      await client.close()
    })
    const specification = testSpecification({ fields: ['text'] })
    await installIndex(client, first, specification, { shards: 3 })
    await installIndex(client, second, { ...specification, fingerprint: 'other' })
    const stamp = (text: string) => ({
      state: 'ready',
      text_hash: textHash({ text }, ['text']),
      fingerprint: 'f1f1f1f1f1f1f1f1',
    })
    const lines = Array.from({ length: 3_000 }, (_, at) => [
      JSON.stringify({ index: { _id: `d${at}`, routing: `r${at % 7}` } }),
      JSON.stringify({ text: `t${at}`, text_sparse: { t: 1 }, lexpand: stamp(`t${at}`) }),
    ])
    await client.bulk({ index: first, pipeline: '_none', body: lines.flat() as never })
    await forge(client, second, 'x', { text: 'x', text_sparse: { t: 1 }, lexpand: stamp('x') })
    await client.indices.updateAliases({
      body: { actions: [first, second].map((index) => ({ add: { index, alias } })) },
    })
    const result = await audit(client, alias)
    expect(result).toMatchObject({ documents: 3_001, ready: 3_001, foreign: 1, stale: 0, problems: 1 })
    expect(result.indices.map(({ index, documents }) => [index, documents]).sort()).toEqual([
      [first, 3_000],
      [second, 1],
    ])
  })

  test('an index that Lexpand did not set up is refused with advice', async () => {
    const client = testClient(inject('opensearchUrl'))
    const index = uniqueName('audit-foreign')
    onTestFinished(async () => {
      await removeIndices(client, index)
      await client.close()
    })
    await client.indices.create({ index })
    const { code, result } = await lexpandJson(['audit', '--index', index])
    expect(code).toBe(1)
    expect(result.error.message).toContain(`lexpand index --index ${index}`)
  })
})

/** Brings documents of a clean index into every wrong state, and adds two: 8 problems in 8 documents. */
async function spoil({ client, index, specification }: WorkerFixture): Promise<void> {
  const { sparse_field, fingerprint } = specification
  const change = (id: string, source: string, params: object = {}) =>
    bypass(client, index, id, { script: { source, params } })
  for (const id of ['d0', 'd1']) await bypass(client, index, id, { doc: { text: `changed ${id}` } })
  await change('d2', "ctx._source.lexpand.fingerprint = 'older'")
  await change('d3', 'ctx._source.remove(params.field)', { field: sparse_field })
  await change('d4', 'ctx._source[params.field] = new HashMap()', { field: sparse_field })
  await client.index({ index, id: 'd5', body: { text: 'not encoded yet' } })
  await forge(client, index, 'before-lexpand', { text: 'older than Lexpand' })
  const lexpand = { state: 'empty', text_hash: textHash({ text: '' }, ['text']), fingerprint }
  await forge(client, index, 'blank', { text: '', [sparse_field]: { left: 1 }, lexpand })
}

/** An update inside a bulk request passes by the pipeline. */
async function bypass(client: Client, index: string, id: string, update: object): Promise<void> {
  const reply = await client.bulk({ index, body: [{ update: { _id: id } }, update] as never })
  expect(reply.body.errors).toBe(false)
}

async function forge(client: Client, index: string, id: string, body: object): Promise<void> {
  await client.index({ index, id, pipeline: '_none', body })
}

function numbered(count: number) {
  return Array.from({ length: count }, (_, at) => ({
    id: `d${at}`,
    source: { text: `document number ${at}` },
  }))
}

async function encodeAll(fixture: WorkerFixture, documents: number): Promise<void> {
  const { client, queue, index } = fixture
  const worker = await fixture.startWorker()
  await sweep(client, queue, index)
  await queue.idle()
  await worker.close()
  expect((await fixture.documents()).size).toBe(documents)
}
