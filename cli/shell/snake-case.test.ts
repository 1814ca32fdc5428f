import { expect, test } from 'vitest'
import { snakeCase } from './snake-case.ts'

test('proper names stay', () => {
  expect(snakeCase({ versions: { OpenSearch: '3.6.0', 'onnxruntime-node': '1' } })).toEqual({
    versions: { OpenSearch: '3.6.0', 'onnxruntime-node': '1' },
  })
})

test('keys of results are printed in snake_case, those of users stay', () => {
  const result = {
    tookMs: 1,
    hits: [{ id: 'a', source: { itemName: 1 }, explanation: [{ queryWeight: 2 }] }],
  }
  expect(snakeCase(result, ['source'])).toEqual({
    took_ms: 1,
    hits: [{ id: 'a', source: { itemName: 1 }, explanation: [{ query_weight: 2 }] }],
  })
})
