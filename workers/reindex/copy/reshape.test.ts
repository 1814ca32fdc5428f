import { describe, expect, test } from 'vitest'
import { textHash } from '../../../mappings/text/text-hash.ts'
import { parseExactly } from '../../../sparse/exact-json.ts'
import { SPECIFICATION } from '../../../testing/test-fixtures.ts'
import type { RawDocument } from '../../documents/raw-documents.ts'
import { type Copy, towardsNew, towardsOld } from './reshape.ts'

const NEXT = { ...SPECIFICATION, fingerprint: 'f2' }
const HASH = textHash({ text: 'bread' }, ['text'])
const settled = (fingerprint: string) => ({ state: 'ready', text_hash: HASH, fingerprint, tokens: 1 })
const document = (source: object, seqNo = 7): RawDocument => ({
  seqNo,
  primaryTerm: 1,
  version: 1,
  source: source as RawDocument['source'],
})
const FROM = { shard: 2, seq_no: 7, primary_term: 1 }

describe('towards the new index', () => {
  const reshape = towardsNew(SPECIFICATION, NEXT)

  test('a document loses the old vector, names its original, and is to be encoded', () => {
    const old = document({ text: 'bread', n: 1, text_sparse: { a: 1 }, lexpand: settled('f1f1f1f1f1f1f1f1') })
    const copy = reshape(old, 2, undefined) as Copy
    expect(copy.source).toMatchObject({
      text: 'bread',
      n: 1,
      lexpand: { state: 'pending', copied_from: FROM },
    })
    expect(copy.source).not.toHaveProperty('text_sparse')
    expect(copy.encode).toEqual({ textHash: HASH, textBytes: 5 })
  })

  test('a vector of the new fingerprint comes along and is not made again', () => {
    const copy = towardsNew(NEXT, NEXT)(
      document({ text: 'bread', text_sparse: { a: 1 }, lexpand: settled('f2') }),
      2,
      undefined,
    )
    expect(copy).toEqual({
      source: { text: 'bread', text_sparse: { a: 1 }, lexpand: { ...settled('f2'), copied_from: FROM } },
    })
  })

  test('a vector that the new index has for this text stays when another field changes', () => {
    const there = document({
      text_sparse: { b: 2 },
      lexpand: { ...settled('f2'), copied_from: { ...FROM, seq_no: 3 } },
    })
    expect(reshape(document({ text: 'bread', n: 2 }), 2, there)).toEqual({
      source: {
        text: 'bread',
        n: 2,
        text_sparse: { b: 2 },
        lexpand: { ...settled('f2'), copied_from: FROM },
      },
    })
    expect((reshape(document({ text: 'tea', n: 2 }), 2, there) as Copy).source).not.toHaveProperty(
      'text_sparse',
    )
  })

  test('ready without a vector is not ready', () => {
    const copy = towardsNew(NEXT, NEXT)(document({ text: 'bread', lexpand: settled('f2') }), 2, undefined)
    expect(copy).toMatchObject({ source: { lexpand: { state: 'pending' } } })
  })

  test('the very version that is there already is left alone, and queued while it waits', () => {
    const there = (state: string) => document({ lexpand: { state, text_hash: HASH, copied_from: FROM } })
    expect(reshape(document({ text: 'bread' }), 2, there('ready'))).toEqual({ same: true, encode: undefined })
    expect(reshape(document({ text: 'bread' }), 2, there('pending'))).toMatchObject({
      encode: { textHash: HASH },
    })
    // The number of an operation that was lost with a primary is assigned again, in another term.
    const again = { ...document({ text: 'bread' }), primaryTerm: 2 }
    expect(reshape(again, 2, there('ready'))).not.toHaveProperty('same')
  })

  test('blank text is empty; text of a wrong type is left to the worker, without a hash', () => {
    expect(reshape(document({ text: ' ' }), 2, undefined)).toMatchObject({
      source: { lexpand: { state: 'empty' } },
    })
    const wrong = reshape(document(parseExactly('{"text":1.0}') as object), 2, undefined) as Copy
    expect(wrong.encode).toEqual({ textHash: undefined, textBytes: 0 })
    expect(JSON.stringify(wrong.source)).toContain('"text":1.0')
  })

  test('a field __proto__ of a document is kept as its own', () => {
    const copy = reshape(document(JSON.parse('{"text":"bread","__proto__":{"x":1}}')), 2, undefined) as Copy
    expect(Object.keys(copy.source)).toEqual(['text', '__proto__', 'lexpand'])
  })
})

describe('towards the old index', () => {
  test('an unchanged text gets its old vector back, a changed one is to be encoded', () => {
    const there = document({ text_sparse: { a: 1 }, lexpand: settled('f1f1f1f1f1f1f1f1') })
    const reshape = towardsOld(SPECIFICATION, NEXT)
    const current = {
      text: 'bread',
      n: 5,
      text_sparse: { z: 9 },
      lexpand: { ...settled('f2'), copied_from: FROM },
    }
    expect(reshape(document(current), 0, there)).toEqual({
      source: { text: 'bread', n: 5, text_sparse: { a: 1 }, lexpand: settled('f1f1f1f1f1f1f1f1') },
    })
    expect(reshape(document({ ...current, text: 'tea' }), 0, there)).toMatchObject({
      encode: { textBytes: 3 },
    })
  })

  test('an index that is not ours gets its documents without anything of ours', () => {
    const current = document({ text: 'bread', text_sparse: { z: 9 }, lexpand: settled('f2') })
    expect(towardsOld(undefined, NEXT)(current, 0, undefined)).toEqual({ source: { text: 'bread' } })
  })
})
