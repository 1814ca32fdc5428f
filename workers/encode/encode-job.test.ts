import { describe, expect, test } from 'vitest'
import { textHash } from '../../mappings/text/text-hash.ts'
import { run, tokenizer } from '../../testing/stub-engine.ts'
import { SPECIFICATION } from '../../testing/test-fixtures.ts'
import { pendingSidecar, readySidecar } from '../documents/states.ts'
import { emptyReport } from '../queue/job-report.ts'
import { NO_TELEMETRY, type Telemetry } from '../telemetry/telemetry.ts'

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
    const sidecar = readySidecar(hash, SPECIFICATION.fingerprint, {
      tokens: 1,
      windows: 1,
      truncated: 0,
      encodedAt: new Date(),
    })
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

  test('a write that is forbidden is no fault of its document: neighbours are written, no letter is, the job waits', async () => {
    const letters = new Map()
    const report = emptyReport()
    const forbidden = run(
      { a: 'hello', b: 'world' },
      { beforeUpdate: (id) => (id === 'b' ? 403 : undefined), letters, report },
    )
    await expect(forbidden).rejects.toMatchObject({
      name: 'EngineDenied',
      message: expect.stringContaining('permission'),
    })
    expect(report).toMatchObject({ ready: 1, failed: 0 })
    expect(letters.size).toBe(0)
  })

  test('a letter that is forbidden leaves its document pending, and the job waits', async () => {
    const report = emptyReport()
    const forbidden = run({ a: 'hello', b: 7 }, { letterStatus: 403, report })
    await expect(forbidden).rejects.toMatchObject({ name: 'EngineDenied' })
    expect(report).toMatchObject({ ready: 1, failed: 0 })
  })

  test('telemetry learns outcomes, stages and how long each text waited; clocks that differ make no negative wait', async () => {
    const told: unknown[] = []
    const telemetry: Telemetry = {
      ...NO_TELEMETRY,
      documents: (...args) => void told.push(args),
      freshness: (_, seconds) => void told.push(['waited', Math.round(seconds)]),
      stage: (_, stage) => void told.push(stage),
    }
    const waiting = (seconds: number) => pendingSidecar('h', new Date(Date.now() - seconds * 1_000))
    await run(
      { a: 'hello', b: 'world', c: ' ', d: 7 },
      {
        telemetry,
        change: (docs) => {
          Object.assign(docs.get('a')?._source ?? {}, { lexpand: waiting(90) })
          Object.assign(docs.get('b')?._source ?? {}, { lexpand: waiting(-90) })
          Object.assign(docs.get('c')?._source ?? {}, { lexpand: waiting(90) })
        },
      },
    )
    expect(told).toEqual([
      ['waited', 90],
      ['waited', 0],
      ['a', 'ready', 2],
      ['a', 'empty', 1],
      ['a', 'failed', 1],
      'read',
      'encode',
      'write',
    ])
  })
})
