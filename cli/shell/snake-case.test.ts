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

test('durations are printed to a thousandth, other numbers as they are', () => {
  const result = {
    tookMs: 64.16944000000058,
    seconds: 5.0553043550000005,
    score: 1.23456789,
    source: { ms: 1.00001 },
  }
  expect(snakeCase(result, ['source'])).toEqual({
    took_ms: 64.169,
    seconds: 5.055,
    score: 1.23456789,
    source: { ms: 1.00001 },
  })
})
