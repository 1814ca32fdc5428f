import { describe, expect, test } from 'vitest'
import { collect } from '../../testing/read-source.ts'
import type { SourceRecord } from '../record.ts'
import { cutRecords } from './cut-records.ts'
import { findHtmlFields, withoutMarkup } from './html-fields.ts'

async function* records(
  ...sources: [id: string | undefined, Record<string, unknown>][]
): AsyncGenerator<SourceRecord> {
  for (const [id, source] of sources) yield { id, source, position: 'p' }
}

describe('fields with HTML', () => {
  test('are those most of whose values have elements; comparisons and generics are none', () => {
    const sample = [
      { source: { body: '<p>Hello <b>you</b></p>', code: 'a < b and List<String>', title: 'plain' } },
      { source: { body: 'first<br>second', code: 'x > y', title: '<b>one</b>' } },
      { source: { body: 'plain', code: '', title: 'plain' } },
    ]
    expect(findHtmlFields(sample, ['title', 'body', 'code', 'missing'])).toEqual(['body'])
  })

  test('hold what a reader sees: no tags, scripts or styles; lists and paths included', async () => {
    const html = '<style>p{}</style><script>alert("x")</script><p>Fish &amp; <b>chips</b></p>'
    const [record] = await collect(
      withoutMarkup(records(['1', { body: html, list: [html, 7], a: [{ b: html }], other: html }]), [
        'body',
        'list',
        'a.b',
      ]),
    )
    expect(record?.source).toEqual({
      body: 'Fish & chips',
      list: ['Fish & chips', 7],
      a: [{ b: 'Fish & chips' }],
      other: html,
    })
  })
})

describe('documents cut into passages', () => {
  test('repeat all fields but the longest text, and name their document', async () => {
    const text = 'One two three.\n\nFour five six.'
    const cut = await collect(
      cutRecords(records(['7', { title: 'T', text, price: 3 }]), ['title', 'text'], 3),
    )
    expect(cut.map(({ id, source }) => [id, source])).toEqual([
      ['7#1', { title: 'T', text: 'One two three.', price: 3, parent_id: '7', passage: 1 }],
      ['7#2', { title: 'T', text: 'Four five six.', price: 3, parent_id: '7', passage: 2 }],
    ])
  })

  test('without text stay one document, and without an id get one from their content', async () => {
    const [first] = await collect(cutRecords(records([undefined, { n: 1 }]), ['text'], 3))
    const [again] = await collect(cutRecords(records([undefined, { n: 1 }]), ['text'], 3))
    expect(first).toEqual(again)
    expect(first?.source).toEqual({ n: 1, parent_id: first?.id?.replace('#1', ''), passage: 1 })
  })
})
