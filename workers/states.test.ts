import { describe, expect, test } from 'vitest'
import { emptySidecar, failedSidecar, isSettled, pendingSidecar, readySidecar } from './states.ts'

const HASH = 'h'.repeat(64)
const expanded = { tokens: 3, windows: 1, truncated: 0 }

describe('states of a document', () => {
  test('ready, empty and failed are settled for the same text and fingerprint', () => {
    for (const sidecar of [
      readySidecar(HASH, 'f1', expanded, new Date(0)),
      emptySidecar(HASH, 'f1'),
      failedSidecar(HASH, 'f1', 'why'),
    ]) {
      expect(isSettled(sidecar, HASH, 'f1')).toBe(true)
      expect(isSettled(sidecar, 'other text', 'f1')).toBe(false)
      expect(isSettled(sidecar, HASH, 'other fingerprint')).toBe(false)
    }
  })

  test('pending and unknown documents are never settled', () => {
    expect(isSettled(pendingSidecar(HASH), HASH, 'f1')).toBe(false)
    expect(isSettled({ state: 'pending', text_hash: HASH, fingerprint: 'f1' }, HASH, 'f1')).toBe(false)
    expect(isSettled(undefined, HASH, 'f1')).toBe(false)
  })

  test('a reason that quotes a whole document is cut', () => {
    expect(failedSidecar(HASH, 'f1', 'x'.repeat(50_000)).error).toHaveLength(1_000)
  })

  test('a new state carries nothing of the one before', () => {
    expect(Object.keys(readySidecar(HASH, 'f1', expanded, new Date(0)))).not.toContain('error')
    expect(pendingSidecar(HASH)).toEqual({ state: 'pending', text_hash: HASH })
  })
})
