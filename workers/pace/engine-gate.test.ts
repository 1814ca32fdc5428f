import { describe, expect, test } from 'vitest'
import { EngineGate } from './engine-gate.ts'

const LONG = { firstMs: 1e8, maxMs: 1e8 }

describe('engine gate', () => {
  test('lets everything pass until the engine refuses, and again once it takes', async () => {
    const gate = new EngineGate(new AbortController().signal, LONG)
    await gate.pass('a')
    gate.refused('a')
    gate.taken('a')
    await gate.pass('a')
  })

  test('an index that is refused does not hold up another one', async () => {
    const gate = new EngineGate(new AbortController().signal, LONG)
    gate.refused('a')
    await gate.pass('b')
  })

  test('waits longer the more often it was refused, and not at all once it is aborted', async () => {
    const abort = new AbortController()
    const gate = new EngineGate(abort.signal, { firstMs: 1, maxMs: 1e8 })
    const early = Math.max(...Array.from({ length: 3 }, () => gate.refused('a')))
    for (let times = 0; times < 20; times++) gate.refused('a')
    expect(Math.max(...Array.from({ length: 20 }, () => gate.refused('a')))).toBeGreaterThan(early)
    const waiting = gate.pass('a')
    abort.abort()
    await waiting
  })
})
