import { describe, expect, test } from 'vitest'
import { textHash } from '../mappings/text-hash.ts'
import { processJob } from './encode-job.ts'
import type { FakeEncoderOptions } from './encoders/fake.ts'
import { emptyReport, type JobReport } from './job-report.ts'
import { readySidecar } from './states.ts'
import { SPECIFICATION, stubClient, testEncoder, testTokenizer } from './test-fixtures.ts'

const tokenizer = testTokenizer()

interface Stored {
  _source: Record<string, unknown>
  seqNo: number
}

/** A one-index engine in memory: compare-and-set updates, and a hook that runs before each of them. */
function engine(stored: Map<string, Stored>, beforeUpdate: (id: string, body: Update) => number | undefined) {
  return stubClient({
    mget: ({ body }: { body: { docs: { _id: string }[] } }) => ({
      docs: body.docs.map(({ _id }) => {
        const doc = stored.get(_id)
        return doc === undefined
          ? { _id, found: false }
          : { _id, found: true, _seq_no: doc.seqNo, _primary_term: 1, _source: doc._source }
      }),
    }),
    bulk: ({ body }: { body: string[] }) => ({
      items: Array.from({ length: body.length / 2 }, (_, at) => {
        const { _id, if_seq_no } = JSON.parse(body[2 * at] as string).update
        const update: Update = JSON.parse(body[2 * at + 1] as string).script.params
        const status = beforeUpdate(_id, update)
        const doc = stored.get(_id)
        if (status !== undefined) return { update: { status, error: { reason: `status ${status}` } } }
        if (doc === undefined) return { update: { status: 404 } }
        if (doc.seqNo !== if_seq_no) return { update: { status: 409, error: { reason: 'conflict' } } }
        doc.seqNo++
        doc._source = { ...doc._source, lexpand: update.sidecar, text_sparse: update.features ?? undefined }
        return { update: { status: 200 } }
      }),
    }),
  })
}

interface Update {
  features: Record<string, number> | null
  sidecar: { state: string; error?: string }
}

async function run(
  texts: Record<string, unknown>,
  {
    beforeUpdate = () => undefined,
    encoder = {},
    change = () => {},
  }: {
    beforeUpdate?: (id: string, update: Update, stored: Map<string, Stored>) => number | undefined
    encoder?: Partial<FakeEncoderOptions>
    change?: (stored: Map<string, Stored>) => void
  } = {},
): Promise<{ report: JobReport; stored: Map<string, Stored>; states: Record<string, unknown> }> {
  const stored = new Map<string, Stored>(
    Object.entries(texts).map(([id, text], at) => [id, { _source: { text }, seqNo: at }]),
  )
  change(stored)
  const report = emptyReport()
  await processJob(
    {
      version: 1,
      index: 'a',
      fingerprint: SPECIFICATION.fingerprint,
      documents: Object.keys(texts).map((id) => ({ id, seq_no: 0, primary_term: 1 })),
    },
    {
      client: engine(stored, (id, update) => beforeUpdate(id, update, stored)),
      tokenizer,
      encoder: testEncoder(tokenizer, encoder),
      specificationOf: async () => SPECIFICATION,
      persistence: { firstMs: 0.1, maxMs: 0.1, giveUpAfterMs: 20 },
    },
    report,
  )
  const states = Object.fromEntries(
    [...stored].map(([id, { _source }]) => [id, (_source.lexpand as { state?: string } | undefined)?.state]),
  )
  return { report, stored, states }
}

describe('encoding a job', () => {
  test('texts become ready, blank ones empty, wrong types failed, each counted once', async () => {
    const { report, states, stored } = await run({ a: 'hello world', b: '  ', c: 7, d: 'rain' })
    expect(states).toEqual({ a: 'ready', b: 'empty', c: 'failed', d: 'ready' })
    expect(report).toMatchObject({ ready: 2, empty: 1, failed: 1, deleted: 0, superseded: 0 })
    expect(report.failures).toEqual([{ id: 'c', reason: expect.stringContaining('got number') }])
    expect(stored.get('a')?._source.text_sparse).toMatchObject({ hello: expect.any(Number) })
    expect(stored.get('c')?._source.text_sparse).toBeUndefined()
  })

  test('a settled document is left alone and not encoded', async () => {
    const hash = textHash({ text: 'hello' }, ['text'])
    const sidecar = readySidecar(
      hash,
      SPECIFICATION.fingerprint,
      { tokens: 1, windows: 1, truncated: 0 },
      new Date(),
    )
    const { report, stored } = await run(
      { a: 'hello' },
      {
        encoder: { poison: () => true },
        change: (docs) => Object.assign(docs.get('a')?._source ?? {}, { lexpand: sidecar }),
      },
    )
    expect(report).toMatchObject({ settled: 1, ready: 0 })
    expect(stored.get('a')?.seqNo).toBe(0)
  })

  test('deleted documents are forgotten, before and while encoding', async () => {
    const { report, states } = await run(
      { a: 'hello', b: 'gone', c: 'going' },
      {
        change: (docs) => docs.delete('b'),
        beforeUpdate: (_, __, docs) => void docs.delete('c'),
      },
    )
    expect(report).toMatchObject({ ready: 1, deleted: 2 })
    expect(states).toEqual({ a: 'ready' })
  })

  test('a text that changes while it is encoded is encoded again, the old vector never lands on it', async () => {
    let changed = false
    const { report, stored } = await run(
      { a: 'old words', b: 'same' },
      {
        beforeUpdate: (id, _, docs) => {
          const doc = docs.get(id)
          if (id === 'a' && !changed && doc !== undefined) {
            changed = true
            doc._source = { text: 'new thoughts' }
            doc.seqNo = 99
          }
          return undefined
        },
      },
    )
    expect(report).toMatchObject({ ready: 2, superseded: 0 })
    const vector = stored.get('a')?._source.text_sparse as Record<string, number>
    expect(Object.keys(vector)).toContain('thoughts')
    expect(Object.keys(vector)).not.toContain('words')
  })

  test('a document that changes without end is left pending, not encoded for ever', async () => {
    let encoded = 0
    const { report } = await run(
      { a: 'restless' },
      {
        beforeUpdate: (id, _, docs) => {
          encoded++
          const doc = docs.get(id)
          if (doc !== undefined) doc.seqNo += 10
          return undefined
        },
      },
    )
    expect(report).toMatchObject({ superseded: 1, ready: 0 })
    expect(encoded).toBe(3)
  })

  test('poison is marked failed with the reason, its neighbours are ready', async () => {
    const poisonId = tokenizer.idOf('poison') as number
    const texts = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`d${at}`, `text ${at}`]))
    const { states, report } = await run(
      { ...texts, bad: 'poison' },
      { encoder: { poison: ({ inputIds }) => inputIds.includes(poisonId) } },
    )
    expect(states.bad).toBe('failed')
    expect(report).toMatchObject({ ready: 20, failed: 1 })
  })

  test('an encoder that fails on everything fails the job and marks nothing', async () => {
    const texts = { a: 'hello', b: 'world' }
    await expect(run(texts, { encoder: { poison: () => true } })).rejects.toMatchObject({ code: 'ENCODER' })
  })

  test('a vector that the engine refuses makes the document failed without a vector', async () => {
    const { states, report, stored } = await run(
      { a: 'hello', b: 'refused' },
      { beforeUpdate: (id, { features }) => (id === 'b' && features !== null ? 400 : undefined) },
    )
    expect(states).toEqual({ a: 'ready', b: 'failed' })
    expect(report).toMatchObject({ ready: 1, failed: 1 })
    expect(stored.get('b')?._source.lexpand).toMatchObject({ error: expect.stringContaining('status 400') })
  })

  test('a document that takes no state at all is counted failed and does not stop the others', async () => {
    const { report, states } = await run(
      { a: 'hello', b: 'stubborn' },
      { beforeUpdate: (id) => (id === 'b' ? 400 : undefined) },
    )
    expect(report).toMatchObject({ ready: 1, failed: 1 })
    expect(states).toEqual({ a: 'ready', b: undefined })
  })

  test('an engine without room is asked again, and the job waits when that does not help', async () => {
    let refusals = 3
    const later = await run({ a: 'hello' }, { beforeUpdate: () => (refusals-- > 0 ? 429 : undefined) })
    expect(later.report).toMatchObject({ ready: 1 })
    await expect(run({ a: 'hello' }, { beforeUpdate: () => 503 })).rejects.toMatchObject({
      name: 'EngineBusy',
    })
  })
})
