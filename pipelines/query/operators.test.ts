import { expect, test } from 'vitest'
import { operatorFilters, parseOperators } from './operators.ts'

test.each([
  ['"wing of a bird" lift -drag', 'wing of a bird lift', ['wing of a bird'], ['drag']],
  ['lift -"boundary layer"', 'lift', [], ['boundary layer']],
  ['say "one", "two".', 'say one, two.', ['one', 'two'], []],
  ['temperature -5 well-known a - b e-mail', 'temperature -5 well-known a - b e-mail', [], []],
  ['5" pipe', '5" pipe', [], []],
  ['print("x") a="b"', 'print("x") a="b"', [], []],
  ['empty "" and "..."', 'empty "" and "..."', [], []],
  ['中文 -日本', '中文', [], ['日本']],
])('%j is %j with phrases and exclusions', (typed, text, phrases, exclusions) => {
  const parsed = parseOperators(typed)
  expect({ ...parsed, text: parsed.text.replace(/\s+/g, ' ') }).toEqual({ text, phrases, exclusions })
})

test('phrases are asked of every text field, in nested objects inside of them', () => {
  const fields = { plain: ['title', 'body'], nested: { notes: ['notes.text'] } }
  const [phrase, without] = operatorFilters({ phrases: ['two words'], exclusions: ['one'] }, fields)
  expect(JSON.stringify(phrase)).toContain('"type":"phrase"')
  expect(JSON.stringify(phrase)).toContain('"nested":{"path":"notes"')
  expect(without).toMatchObject({ bool: { must_not: [{}] } })
  expect(operatorFilters({ phrases: [], exclusions: [] }, fields)).toEqual([])
})
