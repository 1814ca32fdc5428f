import { describe, expect, test } from 'vitest'
import { modelIdentity } from '../models/identity.ts'
import { tinyModel } from '../testing/tiny-model.ts'
import { fingerprint } from './fingerprint.ts'

const { manifest } = tinyModel()
const identity = modelIdentity(manifest)
const spec = {
  fields: ['title', 'body'],
  windowing: { maxLength: 512, overlap: 32, maxWindows: 16 },
  pruning: { type: 'max_ratio', ratio: 0.1 },
} as const

describe('fingerprint', () => {
  test('is stable: this value stands in indices', () => {
    expect(fingerprint('f'.repeat(64), spec)).toBe('25bb627d37992abd')
  })

  test('does not depend on the order of keys', () => {
    const reordered = {
      pruning: { ratio: 0.1, type: 'max_ratio' as const },
      windowing: { maxWindows: 16, overlap: 32, maxLength: 512 },
      fields: ['title', 'body'],
    }
    expect(fingerprint(identity, reordered)).toBe(fingerprint(identity, spec))
  })

  test.each([
    { fields: ['body', 'title'] },
    { fields: ['title body'] },
    { windowing: { ...spec.windowing, maxLength: 256 } },
    { windowing: { ...spec.windowing, overlap: 0 } },
    { windowing: { ...spec.windowing, maxWindows: 1 } },
    { pruning: { type: 'max_ratio', ratio: 0.2 } as const },
    { pruning: { type: 'abs_value', threshold: 0.1 } as const },
  ])('changes with %j', (change) => {
    expect(fingerprint(identity, { ...spec, ...change })).not.toBe(fingerprint(identity, spec))
  })

  test('changes with the model', () => {
    expect(fingerprint('0'.repeat(64), spec)).not.toBe(fingerprint(identity, spec))
  })
})
