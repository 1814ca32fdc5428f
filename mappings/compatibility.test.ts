import { expect, test } from 'vitest'
import { fixtureModel } from '../testing/fixture-model.ts'
import { assertFingerprint, assertQueryTable, assertVocabulary } from './compatibility.ts'
import { specificationFor } from './specification.ts'

const specification = specificationFor(fixtureModel, { fields: ['title'] }, 'fingerprint')

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
