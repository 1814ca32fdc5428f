import { describe, expect, test } from 'vitest'
import { type AuditedDocument, judge, PROBLEMS } from './audit-verdict.ts'

const RULE = { fingerprint: 'f', maxTextBytes: 100, now: Date.parse('2026-01-01T00:10:00Z'), graceMs: 60_000 }
const READY = { state: 'ready', text_hash: 'h', fingerprint: 'f', truncated: 0 } as const

function verdict(sidecar: AuditedDocument['sidecar'], changes: Partial<AuditedDocument> = {}) {
  const document = { id: 'a', seqNo: 1, primaryTerm: 1, hash: 'h', textBytes: 10, vectorSize: 3, ...changes }
  return judge({ ...document, sidecar }, RULE)
}

describe('judge', () => {
  test('a ready document with the vector of its text has no finding', () => {
    expect(verdict(READY)).toEqual({ state: 'ready', findings: [] })
  })

  test.each([
    ['ready for another text', READY, { hash: 'other' }, ['stale']],
    ['ready for another set-up', { ...READY, fingerprint: 'g' }, {}, ['foreign']],
    ['ready without a hash', { state: 'ready', fingerprint: 'f' }, {}, ['stale']],
    ['ready without a vector', READY, { vectorSize: -1 }, ['vectorMissing']],
    ['ready with an empty vector', READY, { vectorSize: 0 }, ['vectorMissing']],
    ['ready, and nobody can see the vector', READY, { vectorSize: undefined }, []],
    ['empty with a vector', { ...READY, state: 'empty' }, {}, ['orphanVector']],
    ['empty without one', { ...READY, state: 'empty' }, { vectorSize: -1 }, []],
    [
      'failed, its text changed since',
      { ...READY, state: 'failed' },
      { vectorSize: -1, hash: 'o' },
      ['failed', 'stale'],
    ],
    ['longer than its windows', { ...READY, truncated: 7 }, {}, ['truncated']],
    ['longer than the limit', READY, { textBytes: 101 }, ['oversized']],
    [
      'in a script that the model cannot read',
      { ...READY, error: 'unreadable: 93% ...' },
      {},
      ['unreadable'],
    ],
    ['failed for a reason', { ...READY, state: 'failed', error: 'x' }, { vectorSize: -1 }, ['failed']],
    ['as long as the limit', READY, { textBytes: 100 }, []],
  ] as const)('%s', (_, sidecar, changes, findings) => {
    expect(verdict(sidecar, changes).findings).toEqual(findings)
  })

  test.each([
    ['within the grace time', '2026-01-01T00:09:01Z', []],
    ['for longer', '2026-01-01T00:08:59Z', ['overdue']],
    ['since a time that is still to come, by a clock that is ahead', '2026-01-01T00:12:00Z', []],
    ['since nobody knows when', undefined, ['overdue']],
    ['since nonsense', 'yesterday', ['overdue']],
  ])('pending %s', (_, since, findings) => {
    const sidecar = { state: 'pending' as const, ...(since === undefined ? {} : { pending_since: since }) }
    expect(verdict(sidecar, { vectorSize: -1 })).toEqual({ state: 'pending', findings })
  })

  test('a document without a sidecar, or with a state that nobody knows, is pending', () => {
    expect(verdict({}, { vectorSize: -1 })).toEqual({ state: 'pending', findings: ['overdue'] })
    expect(verdict({ state: 'done' as 'ready' }, { vectorSize: -1 }).state).toBe('pending')
  })

  test('what is only long is no problem', () => {
    expect([...PROBLEMS]).not.toContain('truncated')
    expect([...PROBLEMS]).not.toContain('oversized')
  })
})
