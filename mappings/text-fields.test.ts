import { describe, expect, test } from 'vitest'
import { assertTextFields, lexicalFields } from './text-fields.ts'

const mapping = {
  derived: { label: { type: 'text' } },
  properties: {
    title: { type: 'text', copy_to: ['all'], fields: { raw: { type: 'keyword' } } },
    body: { type: 'text', copy_to: 'all' },
    all: { type: 'text' },
    heading: { type: 'alias', path: 'title' },
    a: { properties: { b: { type: 'keyword' } } },
    comments: {
      type: 'nested',
      properties: {
        text: { type: 'text' },
        replies: { type: 'nested', properties: { text: { type: 'match_only_text' } } },
        author: { properties: { name: { type: 'text' } } },
      },
    },
    attributes: { type: 'flat_object' },
    n: { type: 'long' },
    hidden: { type: 'text', index: false },
  },
}

describe('assertTextFields', () => {
  test('takes text wherever documents hold it', () => {
    assertTextFields(
      ['title', 'a.b', 'comments.text', 'comments.replies.text', 'hidden'],
      mapping,
      'articles',
    )
  })

  test.each([
    ['titel', 'Did you mean title?'],
    ['a', 'got type object. Name the fields in it'],
    ['comments', 'got type nested. Name the fields in it'],
    ['a.c', 'got only title, body, all, a.b'],
    ['n', 'got type long. Name a field that holds text.'],
    ['toString', 'Check the name, or map the field first.'],
    ['title.raw', 'got another index of the text of title. Name title instead.'],
    [
      'all',
      'got a target of copy_to, which no document holds. Name what is copied into it instead: title,body.',
    ],
    ['heading', 'got another name of title. Name title instead.'],
    ['label', 'got a derived field, which no document holds. Name the fields that its script reads'],
    ['attributes', 'got type flat_object. Its values have no analyzer'],
    ['attributes.color', 'got a value inside of attributes, a flat_object. Its values have no analyzer'],
  ])('refuses %s with the reason and the next step', (field, message) => {
    const refused = () => assertTextFields([field], mapping, 'articles')
    expect(refused).toThrow(`[mappings] expected a text field ${field} in index articles, got`)
    expect(refused).toThrow(message)
  })
})

test('lexicalFields groups by the innermost nested object and leaves out what no query reaches', () => {
  const fields = ['title', 'comments.text', 'comments.author.name', 'comments.replies.text', 'hidden', 'a.b']
  expect(lexicalFields(fields, mapping)).toEqual({
    plain: ['title', 'a.b'],
    nested: {
      comments: ['comments.text', 'comments.author.name'],
      'comments.replies': ['comments.replies.text'],
    },
  })
})
