import { describe, expect, test } from 'vitest'
import { toRecord } from './record.ts'

describe('ids', () => {
  test('come from _id, else id, and _id never stays in the document', () => {
    expect(toRecord({ _id: 'a', id: 'b' }, undefined, 'p')).toMatchObject({ id: 'a', source: { id: 'b' } })
    expect(toRecord({ id: 5, text: 't' }, undefined, 'p')).toMatchObject({ id: '5' })
    expect(toRecord({ text: 't' }, undefined, 'p')).toEqual({ source: { text: 't' }, position: 'p' })
    expect(toRecord({ sku: 'x', _id: 'a' }, 'sku', 'p')).toMatchObject({ id: 'x', source: { sku: 'x' } })
  })

  test.each([
    [{ text: 't' }, 'sku'],
    [{ sku: 1.5 }, 'sku'],
    [{ sku: {} }, 'sku'],
    [{ sku: 'x'.repeat(513) }, 'sku'],
    [{}, 'constructor'],
    [{ sku: true }, 'sku'],
    [{ sku: { $oid: 'short' } }, 'sku'],
  ])('%j has no usable id in %s', (object, field) => {
    expect(toRecord(object, field, 'p')).toMatchObject({
      message: expect.stringMatching(/^expected .*, got .*\. .*--id-field/),
    })
  })
})
