import { errors } from '@opensearch-project/opensearch'
import { describe, expect, test } from 'vitest'
import { textHash } from '../../mappings/text/text-hash.ts'
import { engine, type Letters, type Stored, tokenizer } from '../../testing/stub-engine.ts'
import { SPECIFICATION, testEncoder } from '../../testing/test-fixtures.ts'
import { readySidecar } from '../documents/states.ts'
import { processJob } from '../encode/encode-job.ts'
import type { JobData } from '../queue/job-data.ts'
import { emptyReport } from '../queue/job-report.ts'
import { giveUpJob } from './give-up-job.ts'

const FORBIDDEN = new errors.ResponseError({
  statusCode: 403,
  body: {
    error: { type: 'security_exception', reason: 'no permissions for [indices:data/write/bulk]' },
    status: 403,
  },
  headers: {},
  warnings: null,
  meta: {} as never,
} as never)

function jobOf(...ids: string[]): JobData {
  const documents = ids.map((id) => ({ id, seq_no: 0, primary_term: 1 }))
  return { version: 1, index: 'a', fingerprint: SPECIFICATION.fingerprint, documents }
}

function setUp(texts: Record<string, unknown>) {
  const stored = new Map<string, Stored>(
    Object.entries(texts).map(([id, text], at) => [id, { _source: { text }, seqNo: at }]),
  )
  const letters: Letters = new Map()
  const client = engine(stored, letters, () => undefined, 200)
  return { stored, letters, dependencies: { client, specificationOf: async () => SPECIFICATION } }
}

// Data Prepper 3644: an error of the request as a whole left entries without a document.
describe('a job whose requests fail as a whole', () => {
  test('leaves no letters while it is tried again', async () => {
    const { letters, dependencies } = setUp({ a: 'hello', b: 'world' })
    Object.assign(dependencies.client, {
      bulk: async () => {
        throw FORBIDDEN
      },
    })
    const encoder = testEncoder(tokenizer)
    const persistence = { firstMs: 0.1, maxMs: 0.1, giveUpAfterMs: 20 }
    const job = processJob(
      jobOf('a', 'b'),
      { ...dependencies, tokenizer, encoder, persistence },
      emptyReport(),
    )
    await expect(job).rejects.toMatchObject({ code: 'SERVICE' })
    expect(letters.size).toBe(0)
  })

  test('leaves letters without the field values that the engine quotes', async () => {
    const { letters, dependencies } = setUp({ a: 'hello' })
    const reason =
      "failed to parse field [day] of type [date] in document with id 'a'. Preview of field's value: 'my secret'"
    const refused = new errors.ResponseError({
      statusCode: 400,
      body: { error: { type: 'mapper_parsing_exception', reason }, status: 400 },
      headers: {},
      warnings: null,
      meta: {} as never,
    } as never)
    await giveUpJob(jobOf('a'), refused, 6, dependencies)
    const [letter] = letters.values()
    expect(JSON.stringify(letter)).toMatch(/failed to parse field \[day\] of type \[date\]/)
    expect(JSON.stringify(letter)).not.toMatch(/secret/)
  })

  test('leaves one letter a document when it is given up, with the cause, and the documents pending', async () => {
    const { stored, letters, dependencies } = setUp({ a: 'hello', b: 'world' })
    await giveUpJob(jobOf('a', 'b'), new Error('got 403'), 6, dependencies)
    expect([...letters.values()].map(({ _source }) => _source)).toEqual(
      ['a', 'b'].map((id, seq_no) => ({
        index: 'a',
        id,
        reason_class: 'job',
        reason: 'got 403',
        stack: expect.stringContaining(' at '),
        attempts: 6,
        text_hash: expect.any(String),
        fingerprint: SPECIFICATION.fingerprint,
        failed_at: expect.any(String),
        seq_no,
      })),
    )
    expect(stored.get('a')?._source).toEqual({ text: 'hello' })
  })

  test('leaves none for documents that are settled or gone', async () => {
    const { stored, letters, dependencies } = setUp({ done: 'hello' })
    const hash = textHash({ text: 'hello' }, ['text'])
    const expanded = { tokens: 1, windows: 1, truncated: 0, encodedAt: new Date() }
    const lexpand = readySidecar(hash, SPECIFICATION.fingerprint, expanded)
    Object.assign(stored.get('done')?._source ?? {}, { lexpand })
    await giveUpJob(jobOf('done', 'gone'), new Error('got 403'), 6, dependencies)
    expect(letters.size).toBe(0)
  })

  test('makes a document that was changed past the pipeline pending, so that a sweep finds it again', async () => {
    const { stored, letters, dependencies } = setUp({ changed: 'new', foreign: 'same' })
    const expanded = { tokens: 1, windows: 1, truncated: 0, encodedAt: new Date() }
    const mark = (id: string, text: string, fingerprint: string) =>
      Object.assign(stored.get(id)?._source ?? {}, {
        lexpand: readySidecar(textHash({ text }, ['text']), fingerprint, expanded),
        text_sparse: { old: 1 },
      })
    mark('changed', 'old', SPECIFICATION.fingerprint)
    mark('foreign', 'same', 'of another model')
    await giveUpJob(jobOf('changed', 'foreign'), new Error('got 403'), 6, dependencies)
    expect(stored.get('changed')?._source).toEqual({
      text: 'new',
      text_sparse: undefined,
      lexpand: {
        state: 'pending',
        text_hash: textHash({ text: 'new' }, ['text']),
        pending_since: expect.any(String),
      },
    })
    expect(stored.get('foreign')?._source).toMatchObject({
      lexpand: { state: 'ready' },
      text_sparse: { old: 1 },
    })
    expect(letters.size).toBe(2)
  })
})
