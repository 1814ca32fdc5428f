import { errors } from '@opensearch-project/opensearch'
import { expect, test } from 'vitest'
import { ExactSerializer } from './exact-serializer.ts'

test('a reply keeps the digits of large numbers, and scores stay numbers', () => {
  const json = '{"hits":[{"_score":7.0,"_source":{"id":9007199254740993,"__proto__":{"x":1}}}]}'
  const serializer = new ExactSerializer()
  const reply = serializer.deserialize(json) as { hits: { _score: number }[] }
  expect(reply.hits[0]?._score).toBe(7)
  expect(serializer.serialize(reply as never)).toBe(json.replace('7.0', '7'))
})

test('what is no JSON is an error of the client', () => {
  expect(() => new ExactSerializer().deserialize('<html>')).toThrow(errors.DeserializationError)
})
