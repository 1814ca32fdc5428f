import { describe, expect, test } from 'vitest'
import {
  type Condition,
  conditionAfter,
  conditionOf,
  type DocumentEvent,
  emptySidecar,
  failedSidecar,
  isSettled,
  pendingSidecar,
  readySidecar,
  TRANSITIONS,
} from './states.ts'

const HASH = 'h'.repeat(64)
const NOW = new Date(0)
const expanded = { tokens: 3, windows: 1, truncated: 0, encodedAt: NOW }
const ready = readySidecar(HASH, 'f1', expanded)
const settled = [ready, emptySidecar(HASH, 'f1'), failedSidecar(HASH, 'f1', 'why')]

const CONDITIONS = Object.keys(TRANSITIONS) as Condition[]
const EVENTS: readonly DocumentEvent[] = [
  'write',
  'writeBlank',
  'bypass',
  'encode',
  'findBlank',
  'fail',
  'giveUp',
  'replay',
  'remove',
]
const isAllowed = (before: Condition, event: DocumentEvent) => event in TRANSITIONS[before]

describe('transitions', () => {
  test('every event leads somewhere, and only to conditions of the table', () => {
    for (const event of EVENTS) {
      expect(
        CONDITIONS.filter((before) => isAllowed(before, event)),
        event,
      ).not.toEqual([])
    }
    for (const ways of Object.values(TRANSITIONS)) {
      for (const [event, next] of Object.entries(ways)) {
        expect(EVENTS).toContain(event)
        expect(CONDITIONS).toContain(next)
      }
    }
  })

  test('from every condition each state can be reached, so that no document is stuck', () => {
    for (const start of CONDITIONS) {
      const reached = new Set<Condition>([start])
      for (const one of reached) for (const next of Object.values(TRANSITIONS[one])) reached.add(next)
      expect([...reached].toSorted(), start).toEqual(CONDITIONS.toSorted())
    }
  })

  test('a write is possible at any time and leaves nothing ready', () => {
    for (const before of CONDITIONS) {
      expect(conditionAfter(before, 'write')).toBe('pending')
      expect(conditionAfter(before, 'writeBlank')).toBe('empty')
      expect(['unmarked', 'pending', 'stale']).toContain(conditionAfter(before, 'bypass'))
    }
  })

  test('the worker touches unsettled documents only, and brings none back', () => {
    for (const event of ['encode', 'findBlank', 'fail'] as const) {
      expect(CONDITIONS.filter((before) => isAllowed(before, event))).toEqual([
        'unmarked',
        'pending',
        'stale',
      ])
      for (const before of ['absent', 'ready', 'empty', 'failed'] as const) {
        expect(() => conditionAfter(before, event)).toThrow(`${before} cannot ${event}`)
      }
    }
  })

  test('only a stale document becomes pending with its job given up: the others are, or need no job', () => {
    expect(CONDITIONS.filter((before) => isAllowed(before, 'giveUp'))).toEqual(['stale'])
    expect(pendingSidecar(HASH, NOW, 'giveUp').state).toBe('pending')
  })

  test('only a failed document is replayed, and what is not there is not removed', () => {
    expect(CONDITIONS.filter((before) => isAllowed(before, 'replay'))).toEqual(['failed'])
    expect(() => conditionAfter('absent', 'remove')).toThrow()
  })
})

describe('the condition of a document', () => {
  test('ready, empty and failed are settled for the same text and fingerprint, else stale', () => {
    for (const sidecar of settled) {
      expect(conditionOf(sidecar, HASH, 'f1')).toBe(sidecar.state)
      expect(isSettled(sidecar, HASH, 'f1')).toBe(true)
      expect(conditionOf(sidecar, 'other text', 'f1')).toBe('stale')
      expect(conditionOf(sidecar, HASH, 'other fingerprint')).toBe('stale')
      expect(isSettled(sidecar, 'other text', 'f1')).toBe(false)
    }
  })

  test('pending and unknown documents are never settled', () => {
    expect(conditionOf(pendingSidecar(HASH, NOW), HASH, 'f1')).toBe('pending')
    expect(isSettled({ state: 'pending', text_hash: HASH, fingerprint: 'f1' }, HASH, 'f1')).toBe(false)
    expect(conditionOf(undefined, HASH, 'f1')).toBe('unmarked')
    expect(conditionOf({} as never, HASH, 'f1')).toBe('unmarked')
  })
})

describe('sidecars', () => {
  test('a vector for a settled document is a defect and refused', () => {
    for (const { state } of settled) {
      expect(() => readySidecar(HASH, 'f1', expanded, state)).toThrow(`${state} cannot encode`)
    }
  })

  test('a reason that quotes a whole document is cut', () => {
    expect(failedSidecar(HASH, 'f1', 'x'.repeat(50_000)).error).toHaveLength(1_000)
  })

  test('a new state carries nothing of the one before', () => {
    expect(Object.keys(ready)).not.toContain('error')
    expect(Object.keys(ready)).not.toContain('pending_since')
    expect(pendingSidecar(HASH, NOW)).toEqual({
      state: 'pending',
      text_hash: HASH,
      pending_since: '1970-01-01T00:00:00.000Z',
    })
  })
})
