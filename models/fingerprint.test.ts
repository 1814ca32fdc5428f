import { describe, expect, test } from 'vitest'
import { tinyModel } from '../testing/tiny-model.ts'
import { fingerprint, modelIdentity } from './fingerprint.ts'

const { manifest } = tinyModel()
const identity = modelIdentity(manifest)
const spec = {
  fields: ['title', 'body'],
  windowing: { maxLength: 512, overlap: 32, maxWindows: 16 },
  pruning: { type: 'max_ratio', ratio: 0.1 },
} as const

describe('modelIdentity', () => {
  test.each([
    { files: { ...manifest.files, 'model.onnx': '0'.repeat(64) } },
    { files: { ...manifest.files, 'tokenizer.json': '0'.repeat(64) } },
    { precision: 'int8' },
    { activation: 'log1p_log1p_relu' as const },
    { max_length: 256 },
  ])('changes with %j', (change) => {
    expect(modelIdentity({ ...manifest, ...change })).not.toBe(identity)
  })

  test.each([
    { files: { ...manifest.files, 'query-table.json': '0'.repeat(64) } },
    { query_table_hash: '0'.repeat(64) },
    { version: '2.0.0' },
    { notes: 'renamed' },
  ])('does not change with %j: vectors stay the same', (change) => {
    expect(modelIdentity({ ...manifest, ...change })).toBe(identity)
  })
})

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
