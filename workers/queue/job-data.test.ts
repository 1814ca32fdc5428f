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
})
