import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goldenTokenizer } from '../golden/read-golden.ts'
import { highlight } from './highlight.ts'

const tokenizer = goldenTokenizer()
const marked = (text: string, pieces: string[], options = {}) =>
  highlight(text, tokenizer, new Set(pieces), options)

describe('highlight', () => {
  test('marks whole words as the text spells them, where any of their pieces matched', () => {
    expect(marked('Café life: CAFÉS and electroencephalography', ['cafe', '##ence'])).toEqual([
      '<em>Café</em> life: CAFÉS and <em>electroencephalography</em>',
    ])
  })

  test('of a text without a matched word is empty', () => {
    expect(marked('Currently New York is rainy.', ['weather', 'ny'])).toEqual([])
    expect(marked('', ['rain'])).toEqual([])
  })

  test('cuts fragments at words, most matches first', () => {
    const filler = 'lorem ipsum dolor sit amet '.repeat(20)
    const fragments = marked(`${filler}one storm. ${filler}rain and storm ${filler}`, ['rain', 'storm'], {
      fragmentLength: 60,
    })
    expect(fragments).toHaveLength(2)
    expect(fragments[0]).toContain('<em>rain</em> and <em>storm</em>')
    expect(fragments[1]).toContain('one <em>storm</em>')
    for (const fragment of fragments) {
      const words = fragment.replace(/<\/?em>/g, '').match(/\p{L}+/gu)
      expect(
        words?.every((word) => 'lorem ipsum dolor sit amet one storm rain and'.split(' ').includes(word)),
      ).toBe(true)
    }
  })

  test('takes other marks, and as many fragments as asked for', () => {
    const text = `rain ${'dry '.repeat(100)} rain ${'dry '.repeat(100)} rain`
    const options = { before: '[', after: ']', fragmentLength: 20, fragments: 2 }
    expect(marked(text, ['rain'], options)).toHaveLength(2)
    expect(marked(text, ['rain'], options)[0]).toContain('[rain]')
  })

  test('marks that are tags make HTML: the text around and inside of them is escaped', () => {
    const text = '<script>alert("rain")</script> rain & \'snow\''
    expect(marked(text, ['rain'])).toEqual([
      '&lt;script&gt;alert(&quot;<em>rain</em>&quot;)&lt;/script&gt; <em>rain</em> &amp; &#39;snow&#39;',
    ])
    expect(marked(text, ['rain'], { before: '[', after: ']' })).toEqual([
      '<script>alert("[rain]")</script> [rain] & \'snow\'',
    ])
    expect(marked('rain & snow', ['rain'], { escape: 'none' })).toEqual(['<em>rain</em> & snow'])
    expect(marked('rain & snow', ['rain'], { before: '[', after: ']', escape: 'html' })).toEqual([
      '[rain] &amp; snow',
    ])
  })

  test('without its marks stands in the text, and is no longer than asked for unless one word is', () => {
    const words = fc.array(
      fc.constantFrom('rain', 'snow', 'naïve', '中文', '👍', 'electroencephalography', '!'),
      { maxLength: 80 },
    )
    fc.assert(
      fc.property(words, fc.integer({ min: 5, max: 120 }), (parts, fragmentLength) => {
        const text = parts.join(' ')
        for (const fragment of marked(text, ['rain', '中', '##ence'], {
          before: '\u0001',
          after: '\u0002',
          fragmentLength,
        })) {
          const plain = fragment.replaceAll('\u0001', '').replaceAll('\u0002', '')
          expect(text).toContain(plain)
          expect(plain.length).toBeLessThanOrEqual(Math.max(fragmentLength, 'electroencephalography'.length))
        }
      }),
      { seed: 1 },
    )
  })
})
