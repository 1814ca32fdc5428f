import { expect, test } from 'vitest'
import { type Measured, warnings } from './warnings.ts'

const built = { name: 'mini', version: '1', identity: 'a', vocabulary_hash: '', query_table_hash: '' }
const sound = {
  documents: 1_000,
  sample: 1_000,
  queries: 50,
  queries_from: 'file',
  judged: { found: 10, missing: 0 },
  latency_noise: 0.05,
  specification: { model: built, pruning: { type: 'max_ratio', ratio: 0.1 } },
  model: { identity: 'a', manifest: { name: 'mini', version: '1' } } as Measured['model'],
  unreadable: 0.01,
  usesPlugin: false,
} as const satisfies Measured

test('a run on all of a quiet index with the queries of users has none', () => {
  expect(warnings(sound)).toEqual([])
})

test.each<[string, Partial<Measured>]>([
  ['first sentences of documents', { queries_from: 'documents' }],
  ['49 queries are few', { queries: 49 }],
  ['differed by 6% in p50', { latency_noise: 0.06 }],
  ['another build of the model (mini 1)', { model: { ...sound.model, identity: 'b' } }],
  ['on 999 of 1000 documents', { sample: 999 }],
  ['3 judged documents', { judged: { found: 7, missing: 3 } }],
  ['The index holds top_k', { specification: { model: built, pruning: { type: 'top_k', k: 9 } } }],
  ['12% of the sampled documents are in a language or script', { unreadable: 0.12 }],
  ['the plugin answers', { usesPlugin: true }],
])('%s', (text, weaker) => {
  expect(warnings({ ...sound, ...weaker })).toEqual([expect.stringContaining(text)])
})
