import { describe, expect, test } from 'vitest'
import type { IndexSpecification } from '../../mappings/index.ts'
import { chooseFields } from './choose-fields.ts'

const sample = [{ source: { id: '1', title: 'a', body: 'b', note: '' }, position: 'p' }]
const choice = { sample, problems: [], source: 'a.jsonl', index: 'articles' }

describe('the text fields', () => {
  test('are the wanted ones, else those of the index, else those that are found', () => {
    expect(chooseFields({ ...choice, wanted: ['body'] })).toEqual({ fields: ['body'], isFound: false })
    const installed = { fields: ['title'] } as unknown as IndexSpecification
    expect(chooseFields({ ...choice, installed })).toEqual({ fields: ['title'], isFound: false })
    expect(chooseFields(choice)).toEqual({ fields: ['title', 'body'], isFound: true })
  })

  test('that no document has are refused with the nearest names, and nothing is stored', () => {
    expect(() => chooseFields({ ...choice, wanted: ['titel', 'boddy'] })).toThrow(
      '[source] expected text in titel, boddy, got none in the first document of a.jsonl, which has id, title, body, note. Did you mean --fields title,body? Nothing was stored.',
    )
    expect(() => chooseFields({ ...choice, wanted: ['title', 'note'] })).toThrow('expected text in note')
  })

  test('may be rare where the index maps them, but not all of them', () => {
    const mapping = { properties: { title: { type: 'text' }, note: { type: 'text' } } }
    expect(chooseFields({ ...choice, mapping, wanted: ['title', 'note'] }).fields).toEqual(['title', 'note'])
    expect(() => chooseFields({ ...choice, mapping, wanted: ['note'] })).toThrow('expected text in note')
    const installed = { fields: ['note'] } as unknown as IndexSpecification
    expect(() => chooseFields({ ...choice, installed })).toThrow('expected text in note')
  })

  test('that no document can have are refused with what the mapping says to name instead', () => {
    const text = { type: 'text' } as const
    const mapping = {
      properties: {
        title: { ...text, copy_to: 'all', fields: { raw: { type: 'keyword' } } },
        all: text,
        heading: { type: 'alias', path: 'title' },
      },
    }
    const refusal = (field: string) => () => chooseFields({ ...choice, mapping, wanted: [field] })
    expect(refusal('all')).toThrow(
      'a target of copy_to, which no document holds. Name what is copied into it instead: title',
    )
    expect(refusal('title.raw')).toThrow('another index of the text of title. Name title instead')
    expect(refusal('heading')).toThrow('another name of title. Name title instead')
  })

  test('of a source without documents: its first problems are the message', () => {
    const problems = [
      { position: 'a.jsonl line 1', message: 'expected a JSON object, got malformed JSON (x)' },
    ]
    expect(() => chooseFields({ ...choice, sample: [], problems })).toThrow(
      /got none that can be read:\n {2}a\.jsonl line 1: expected a JSON object, got malformed JSON \(x\)\n.*Correct the lines above/,
    )
    expect(() => chooseFields({ ...choice, sample: [] })).toThrow('got none. Check that it is the right one.')
  })
})
