import { Client } from '@opensearch-project/opensearch'
import { afterAll, expect, test } from 'vitest'
import * as lexpand from '../index.ts'

/** Nothing listens there: whatever is checked after the first request fails with another message. */
const client = new Client({ node: 'http://127.0.0.1:1', maxRetries: 0 })
const doors = new Map<string, unknown>(Object.entries(lexpand))
const queue = { model: { identity: 'm' }, redis: {}, jobs: {} }
const specification = lexpand.specificationFor(await lexpand.loadModel(), { fields: ['text'] })

afterAll(() => client.close())

test.each<[name: keyof typeof lexpand, values: readonly unknown[], mistake: RegExp]>([
  ['audit', [client, 'a', { samples: -1 }], /samples/],
  ['enqueue', [{ client, queue }, []], /index/],
  ['forget', [client, undefined], /expected/],
  ['installIndex', [client, 'a', specification, { vectorType: 'vectors' }], /vectorType/],
  ['openQueue', [{ redis: 'redis://127.0.0.1:1' }], /model/],
  ['reindex', [{ client, queue }], /from/],
  ['rollBackReindex', [{ client, redis: 6379, name: 'a' }], /redis/],
  ['search', [client, {}, { index: 'a', text: 'x', mode: 'hybird' }], /mode/],
  ['setUp', [client, {}, 'a', { fields: 'text' }], /fields/],
  ['startSweeper', [{ client, redis: 'redis://127.0.0.1:1', everyMs: '5s' }], /everyMs/],
  ['startWorker', [{ client, redis: 'redis://127.0.0.1:1', model: {} }], /model/],
  ['sweep', [client, queue, 'a', { pending: 'no' }], /pending/],
  ['untilEncoded', [{ client, queue }], /index/],
])(
  '%s refuses wrong input from JavaScript with an error that names it, before any request',
  async (name, values, mistake) => {
    const call = doors.get(name) as (...given: readonly unknown[]) => Promise<unknown>
    const error = await Promise.resolve()
      .then(() => call(...values))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(lexpand.LexpandError)
    expect((error as lexpand.LexpandError).code).toMatch(/^(CONFIGURATION|QUERY|INPUT)$/)
    expect((error as lexpand.LexpandError).message).toMatch(mistake)
  },
)
