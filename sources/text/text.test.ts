import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAhead } from '../head.ts'
import { findTextFields } from '../text-fields.ts'
import { htmlText } from './html.ts'
import { markdownSections } from './markdown.ts'
import { passages, wordCount } from './passages.ts'

describe('passages', () => {
  test('lose no word, repeat none, and never exceed the bound', () => {
    const paragraph = fc.array(fc.stringMatching(/^[a-z]{1,8}[.,]?$/), { minLength: 0, maxLength: 60 })
    fc.assert(
      fc.property(
        fc.array(paragraph, { maxLength: 8 }),
        fc.integer({ min: 1, max: 30 }),
        (paragraphs, words) => {
          const text = paragraphs.map((p) => p.join(' ')).join('\n\n')
          const cut = passages(text, words)
          expect(cut.join(' ').split(/\s+/).filter(Boolean)).toEqual(text.split(/\s+/).filter(Boolean))
          for (const passage of cut) expect(wordCount(passage)).toBeLessThanOrEqual(words)
        },
      ),
    )
  })

  test('cut at paragraphs first, then at sentences', () => {
    expect(passages('One two. Three four.\n\nFive six.', 4)).toEqual(['One two. Three four.', 'Five six.'])
    expect(passages('One two. Three four.', 3)).toEqual(['One two.', 'Three four.'])
  })
})

describe('Markdown', () => {
  const markdown = [
    'intro ![badge](http://x/y.svg) <a name="x"></a>',
    '',
    '# Title #',
    '',
    'Some **bold** [link][ref] and `code`.',
    'Same paragraph.',
    '```js',
    '# not a heading',
    '```',
    'Under',
    '-----',
    '* item <!-- gone --> one',
    '> quoted',
    '',
    '[ref]: http://example.org',
  ].join('\n')

  test('is cut at its headings, without markup', () => {
    expect(markdownSections(markdown, { code: false })).toEqual([
      { heading: '', text: 'intro' },
      { heading: 'Title', text: 'Some bold link and code. Same paragraph.' },
      { heading: 'Under', text: 'item one quoted' },
    ])
  })

  test('keeps code where it is wanted', () => {
    const [, title] = markdownSections(markdown, { code: true })
    expect(title?.text).toBe('Some bold link and code. Same paragraph.\n\n# not a heading')
  })
})

test('HTML gives its title and the text that a reader sees', () => {
  const html =
    '<title>A &amp; b</title><style>p{}</style><script>x()</script><h1>Head</h1><p>One <a href="u">two</a></p><table><tr><td>a<td>b</table>'
  expect(htmlText(html)).toEqual({ title: 'A & b', text: 'Head\n\nOne two\n\na   b' })
})

test('HTML nested 10,000 deep ends', () => {
  expect(htmlText(`${'<div>'.repeat(10_000)}deep`).text).toBe('')
})

describe('text fields', () => {
  const find = (...sources: Record<string, unknown>[]) =>
    findTextFields(sources.map((source) => ({ source })))

  test('are the known title and body, in this order', () => {
    expect(find({ text: 'a', title: '', _x: 'y' })).toEqual(['title', 'text'])
    expect(find({ body: 'a', url: 'u' })).toEqual(['body'])
  })

  test('are the field with the most text when no name is known', () => {
    expect(find({ id: 'a long identifier', code: 'x', notes: 'words' }, { notes: 'more words' })).toEqual([
      'notes',
    ])
  })

  test('missing altogether say what was there', () => {
    expect(() => find({ price: 3 })).toThrow('only price')
  })
})

test('peeking gives the head and leaves the stream whole', async () => {
  async function* numbers() {
    yield* [1, 2, 3]
  }
  const [head, whole] = await readAhead(numbers(), ({ length }) => length >= 2)
  expect(head).toEqual([1, 2])
  const all = []
  for await (const number of whole) all.push(number)
  expect(all).toEqual([1, 2, 3])
})
