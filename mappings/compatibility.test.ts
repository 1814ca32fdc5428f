import { expect, test } from 'vitest'
import { fixtureModel } from '../testing/fixture-model.ts'
import { assertFingerprint, assertQueryTable, assertSameEncoding, assertVocabulary } from './compatibility.ts'
import { specificationFor } from './specification.ts'

const specification = { ...specificationFor(fixtureModel, { fields: ['title'] }), fingerprint: 'fingerprint' }

test('equal hashes pass', () => {
  assertFingerprint(specification, 'fingerprint')
  assertQueryTable(specification, 'table')
  assertVocabulary(specification, 'vocabulary')
})

test.each([
  ['fingerprint', assertFingerprint],
  ['table', assertQueryTable],
  ['vocabulary', assertVocabulary],
] as const)('another %s is refused with both hashes, index and model', (known, check) => {
  const refused = () => check(specification, 'another', 'articles')
  expect(refused).toThrow(known)
  expect(refused).toThrow('another')
  expect(refused).toThrow('articles')
  expect(refused).toThrow('fixture 1.0.0')
})

test('set-ups that differ are refused with what differs before the hashes, and the ways on', () => {
  const options = { fields: ['titel', 'body'], pruning: { type: 'top_k', k: 9 } } as const
  const other = { ...specificationFor(fixtureModel, options), fingerprint: 'another' }
  const refused = () => assertSameEncoding(specification, other, 'articles')
  expect(refused).toThrow(
    /expected articles to be set up with fields titel,body, pruning top_k:9, got fields title, pruning \S+ \(fingerprints another and fingerprint\)/,
  )
  expect(refused).toThrow('lexpand forget --index articles')
  assertSameEncoding(specification, specification, 'articles')
})
