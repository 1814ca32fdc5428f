import { describe, expect, test } from 'vitest'
import { tinyModel } from '../testing/tiny-model.ts'
import { modelIdentity } from './identity.ts'

const { manifest } = tinyModel()
const identity = modelIdentity(manifest)

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
