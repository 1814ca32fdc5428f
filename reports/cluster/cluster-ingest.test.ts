import { expect, test } from 'vitest'
import { PACED_BATCH_MS, pacedMs } from '../../bench/ingest/ingest-encoder.ts'
import { spread } from './cluster-ingest.ts'

test('documents that are taken again have ids of their own', () => {
  const documents = spread([{ source: { text: 'one' } }, { source: { text: 'two' } }], 5)
  expect(documents.map(({ source }) => source.text)).toEqual(['one', 'two', 'one', 'two', 'one'])
  expect(new Set(documents.map(({ id }) => id)).size).toBe(5)
})

test('fewer documents are taken from all over the list', () => {
  const list = Array.from({ length: 100 }, (_, at) => ({ source: { text: String(at) } }))
  expect(spread(list, 4).map(({ source }) => source.text)).toEqual(['0', '25', '50', '75'])
})

test('the paced encoder takes as many turns as the real one has batches of 512 word pieces', () => {
  const window = (length: number) => ({ inputIds: new Uint32Array(length) })
  expect(pacedMs([window(256), window(256)])).toBe(PACED_BATCH_MS)
  expect(pacedMs([window(256), window(257)])).toBe(2 * PACED_BATCH_MS)
  expect(pacedMs([])).toBe(0)
})
