import { describe, expect, test } from 'vitest'
import { cpuMilliseconds } from '../golden/cpu-time.ts'
import { goldenTokenizer, readModelJson, readQueryGolden } from '../golden/read-golden.ts'
import { encodeQuery } from './encode-query.ts'
import { QueryTable } from './query-table.ts'

const tokenizer = goldenTokenizer()
const table = new QueryTable(readModelJson('query-table.json'))
const pieces = (text: string, weights = table) =>
  encodeQuery(text, tokenizer, weights).map(({ token }) => token)

describe('encodeQuery', () => {
  test('gives the published weights for the published example, heaviest first', () => {
    const tokens = encodeQuery("What's the weather in ny now?", tokenizer, table)
    expect(tokens.slice(0, 3).map(({ token, weight }) => [token, Number(weight.toFixed(4))])).toEqual([
      ['ny', 5.7729],
      ['weather', 4.5684],
      ['now', 3.5895],
    ])
    expect(tokens.map(({ tokenId }) => tokenizer.piece(tokenId))).toEqual(tokens.map(({ token }) => token))
    const weights = tokens.map(({ weight }) => weight)
    expect(weights).toEqual(weights.toSorted((a, b) => b - a))
  })

  test('gives the pieces and weights of the reference for thousands of hard and random strings', () => {
    const { queries } = readQueryGolden()
    expect(queries.length).toBeGreaterThan(1_000)
    for (const { text, pieces: expected } of queries) {
      const found = encodeQuery(text, tokenizer, table).map(({ token, weight }) => [token, weight])
      expect(found, text).toEqual(expected)
    }
  })

  test('counts a repeated word once', () => {
    expect(encodeQuery('rain Rain RAIN', tokenizer, table)).toEqual(encodeQuery('rain', tokenizer, table))
  })

  test('never asks for special tokens, unknown words and pieces with a dot', () => {
    expect(pieces('[CLS] [SEP] [PAD] [MASK] [UNK] ... . \u{1F9FF}\u{10FFFF}')).toEqual([])
    expect(pieces('node.js [SEP] now').toSorted()).toEqual(['j', 'node', 'now'].toSorted())
  })

  test.each(['', ' \t\n', '\u200b', '\u0301'])('of %j is empty', (text) => {
    expect(encodeQuery(text, tokenizer, table)).toEqual([])
  })

  test('leaves out what the table lacks or gives no weight, and caps at the 64 of Lucene', () => {
    expect(pieces('rain snow wind fog', new QueryTable({ rain: 1, snow: 0, wind: -2 }))).toEqual(['rain'])
    expect(encodeQuery('rain', tokenizer, new QueryTable({ rain: 1e9 }))[0]?.weight).toBe(64)
  })

  test('of ten words takes less than .2 ms', () => {
    const queries = Array.from(
      { length: 500 },
      (_, at) => `how does the weather in city${at} change over a summer night`,
    )
    const spent = cpuMilliseconds(() => {
      for (const query of queries) encodeQuery(query, tokenizer, table)
    })
    expect(spent / queries.length).toBeLessThan(0.2)
  })
})

describe('QueryTable', () => {
  test('reads keys that are properties of Object as the pieces they are', () => {
    const hostile = new QueryTable(JSON.parse('{"__proto__": 3, "constructor": 2}'))
    expect([hostile.weight('__proto__'), hostile.weight('constructor'), hostile.weight('toString')]).toEqual([
      3, 2, 0,
    ])
    expect(hostile.size).toBe(2)
  })

  test('has a hash that depends on pieces and weights only', () => {
    const hash = new QueryTable({ a: 1, b: 2 }).hash
    expect(new QueryTable({ b: 2, a: 1, c: 0 }).hash).toBe(hash)
    expect(new QueryTable({ a: 1, b: 2.5 }).hash).not.toBe(hash)
    expect(new QueryTable({ a: 2, b: 1 }).hash).not.toBe(hash)
  })

  test.each([
    [[1, 2], /a flat JSON object \{piece: weight\}, got an array/],
    [null, /flat JSON object/],
    [{ rain: '1' }, /a finite number for "rain", got "1"/],
    [{ rain: { weight: 1 } }, /a finite number for "rain"/],
  ])('refuses %j', (json, message) => {
    expect(() => new QueryTable(json)).toThrow(message)
  })
})
