import { describe, expect, test } from 'vitest'
import { parseJobData } from './job-data.ts'

const good = {
  version: 1,
  index: 'a',
  fingerprint: 'f',
  documents: [{ id: 'x', seq_no: 0, primary_term: 1 }],
}

describe('job payload', () => {
  test('version 1 is read, routing and hash being optional', () => {
    expect(parseJobData(good)).toEqual(good)
    const full = {
      ...good,
      documents: [{ id: 'x', routing: 'r', seq_no: 7, primary_term: 2, text_hash: 'h' }],
    }
    expect(parseJobData(full)).toEqual(full)
  })

  test('another version is refused with the way out', () => {
    expect(() => parseJobData({ ...good, version: 2 })).toThrow(
      /payload version 1, got 2\. Update this worker/,
    )
    expect(() => parseJobData({})).toThrow(/payload version 1, got undefined/)
    expect(() => parseJobData(null)).toThrow(/payload version 1/)
  })

  test('a damaged payload is refused with the place', () => {
    expect(() => parseJobData({ ...good, documents: [{ id: 'x' }] })).toThrow(/documents\.0\.seq_no/)
    expect(() => parseJobData({ ...good, documents: [] })).toThrow(/documents/)
  })

  test.each([
    '*',
    'a,b',
    '_all',
    '../_cluster/settings',
    'other:a',
    '<a-{now/d}>',
    '.opendistro_security',
    'x'.repeat(256),
  ])('an index named %j is refused before the engine is asked', (index) => {
    expect(() => parseJobData({ ...good, index })).toThrow(/index: is not the name of one index/)
  })

  test('ids, hashes and lists beyond their bounds are refused', () => {
    const [document] = good.documents
    const term = 'x'.repeat(32_767)
    for (const part of [{ id: 'x'.repeat(513) }, { routing: term }, { text_hash: term }]) {
      expect(() => parseJobData({ ...good, documents: [{ ...document, ...part }] })).toThrow(/documents\.0/)
    }
    expect(() => parseJobData({ ...good, documents: Array(10_001).fill(document) })).toThrow(/documents/)
  })
})
