import { expect, test } from 'vitest'
import { leadingTerms } from '../query/leading-terms.ts'
import { liftFor } from './lift.ts'
import { onePassQuery } from './one-pass.ts'

const tokens = [
  { token: 'wing', weight: 6 },
  { token: 'bird', weight: 3 },
]
const options = {
  field: 'body_sparse',
  tokens,
  text: 'wing bird',
  lexical: { plain: ['body'] },
  balance: 0.5,
}

test('one flat list: the text without a boost, and the word pieces divided by the balance', () => {
  const { query, scale } = onePassQuery(options)
  expect(scale).toBe(2)
  expect(query.bool?.should).toEqual([
    { match: { body: { query: 'wing bird' } } },
    { rank_feature: { field: 'body_sparse.wing', linear: {}, boost: 12 } },
    { rank_feature: { field: 'body_sparse.bird', linear: {}, boost: 6 } },
  ])
})

test('a piece heavier than the engine takes for one clause stands there four times, and the text keeps no boost', () => {
  const { query, scale } = onePassQuery({ ...options, balance: 0.05 })
  expect(scale).toBe(20)
  expect(query.bool?.should).toEqual([
    { match: { body: { query: 'wing bird' } } },
    { rank_feature: { field: 'body_sparse.bird', linear: {}, boost: 60 } },
    ...Array(4).fill({ rank_feature: { field: 'body_sparse.wing', linear: {}, boost: 30 } }),
  ])
})

test('a tiny balance keeps the weights within what the engine takes, by a boost at the text', () => {
  const { query, scale } = onePassQuery({ ...options, balance: 0.01 })
  expect(scale).toBeCloseTo((4 * 64) / 6, 9)
  const [text, ...pieces] = [query.bool?.should].flat() as object[]
  expect(text).toMatchObject({ bool: { must: [{ match: {} }], boost: scale * 0.01 } })
  expect(pieces).toHaveLength(8)
  const { scale: alone } = onePassQuery({ ...options, form: 'neural_sparse', balance: 0.01 })
  expect(alone).toBeCloseTo(64 / 6, 9)
})

test('at balance 0 the text finds nothing, but what has no vector is still found', () => {
  expect(onePassQuery({ ...options, balance: 0 }).query.bool?.should).toHaveLength(2)
  const { query } = onePassQuery({ ...options, balance: 0, lift: 1 })
  expect(query.bool?.should).toMatchObject([{}, {}, { bool: { must: [{ match: {} }], must_not: [{}] } }])
})

test('the plugin gets the balance; nested text stays beside it', () => {
  const asked = onePassQuery({ ...options, form: 'lexpand', idf: 'blend' })
  expect(asked.scale).toBe(1)
  expect(asked.query.bool?.should).toEqual([
    {
      lexpand: {
        field: 'body_sparse',
        query: 'wing bird',
        idf: 'blend',
        lexical: { fields: ['body'], weight: 0.5 },
      },
    },
  ])
  const nested = { plain: ['body'], nested: { notes: ['notes.text'] } }
  const beside = onePassQuery({ ...options, lexical: nested, form: 'lexpand' })
  expect(beside.query.bool?.should).toMatchObject([{ dis_max: {} }, { lexpand: { boost: 2 } }])
})

test('a long text is searched by as many of its words as the clause budget leaves room for', () => {
  const text = Array.from({ length: 2_000 }, (_, at) => `word${at}`).join(' ')
  const { query } = onePassQuery({ ...options, text, lexical: { plain: ['title', 'body'] } })
  const first = [query.bool?.should].flat()[0] as { multi_match: { query: string } } | undefined
  expect(first?.multi_match.query.split(' ')).toHaveLength((1_024 - 2) / 2)
})

test('words count once each, scripts without spaces by character', () => {
  expect(leadingTerms('a b a b c', 2)).toBe('a b a b')
  expect(leadingTerms('中文字', 2)).toBe('中文')
  expect(leadingTerms('👍 -- a', 1)).toBe('👍 -- a')
})

test('the lift of a fresh document grows with the weights of the query against rarity in the index', () => {
  const frequencies = new Map([
    ['wing', 10],
    ['bird', 10],
  ])
  const lift = liftFor(tokens, { documents: 100, frequencies })
  expect(lift).toBeGreaterThan(0)
  const heavier = tokens.map(({ token, weight }) => ({ token, weight: 2 * weight }))
  expect(liftFor(heavier, { documents: 100, frequencies })).toBeCloseTo(2 * lift, 12)
  expect(liftFor(tokens, { documents: 0, frequencies: new Map() })).toBeGreaterThan(0)
})
