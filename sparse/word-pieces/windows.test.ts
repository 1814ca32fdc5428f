import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cpuMilliseconds } from '../golden/cpu-time.ts'
import { goldenTokenizer } from '../golden/read-golden.ts'
import { type WindowedText, type Windowing, windowsOf } from './windows.ts'

const tokenizer = goldenTokenizer()
const { clsId, sepId } = tokenizer
const contentsOf = (text: string, windowing: Windowing) =>
  windowsOf(text, tokenizer, windowing).windows.map(({ inputIds }) => [...inputIds.slice(1, -1)])

const texts = fc
  .array(fc.constantFrom('rain', 'electroencephalography', '中文', 'naïve', '...', 'x'.repeat(120)), {
    maxLength: 60,
  })
  .map((words) => words.join(' '))
const windowings = fc
  .record({
    content: fc.integer({ min: 1, max: 12 }),
    overlap: fc.nat(),
    maxWindows: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ content, overlap, maxWindows }) => ({
    maxLength: content + 2,
    overlap: overlap % content,
    maxWindows,
  }))

describe('windowsOf', () => {
  test('covers every piece up to the limit, in order, overlapping exactly, none empty and none too long', () => {
    fc.assert(
      fc.property(texts, windowings, (text, windowing) => {
        const pieces = [...tokenizer.tokenize(text)]
        const result = windowsOf(text, tokenizer, windowing)
        const covered: number[] = []
        result.windows.forEach(({ inputIds }, at) => {
          expect(inputIds.length).toBeLessThanOrEqual(windowing.maxLength)
          expect(inputIds.length).toBeGreaterThan(2)
          expect([inputIds[0], inputIds.at(-1)]).toEqual([clsId, sepId])
          const content = [...inputIds.slice(1, -1)]
          if (at > 0)
            expect(content.slice(0, windowing.overlap)).toEqual(
              covered.slice(covered.length - windowing.overlap),
            )
          // A window without new word pieces would be wasted work.
          expect(content.length).toBeGreaterThan(at > 0 ? windowing.overlap : 0)
          covered.push(...content.slice(at > 0 ? windowing.overlap : 0))
        })
        expect(covered).toEqual(pieces.slice(0, covered.length))
        expect(result.tokens).toBe(pieces.length)
        expect(result.truncated).toBe(pieces.length - covered.length)
        if (result.truncated > 0) expect(result.windows).toHaveLength(windowing.maxWindows)
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  test('of a text that fits exactly is one window, one piece more makes two', () => {
    const windowing = { maxLength: 6, overlap: 2, maxWindows: 9 }
    expect(contentsOf('rain rain rain snow', windowing)).toHaveLength(1)
    const [first, second] = contentsOf('a b c d e', windowing)
    expect(first).toHaveLength(4)
    expect(second).toEqual([...tokenizer.tokenize('c d e')])
  })

  test.each(['', ' \n ', '\u200b\u0301'])('of %j has no window', (text) => {
    expect(windowsOf(text, tokenizer, { maxLength: 8, overlap: 2, maxWindows: 2 })).toEqual({
      windows: [],
      tokens: 0,
      truncated: 0,
    })
  })

  test('of 10 MB reads little more than the windows and estimates the rest within 2%', () => {
    const text = 'the rain in new york and the electroencephalography of it '.repeat(175_000)
    tokenizer.words(text).next() // Flattens the repeated string.
    let result: WindowedText = { windows: [], tokens: 0, truncated: 0 }
    const spent = cpuMilliseconds(() => {
      result = windowsOf(text, tokenizer, { maxLength: 512, overlap: 32, maxWindows: 16 })
    })
    const { windows, tokens, truncated } = result
    expect(spent).toBeLessThan(500)
    expect(windows).toHaveLength(16)
    const exact =
      tokenizer.tokenize('the rain in new york and the electroencephalography of it ').length * 175_000
    expect(Math.abs(tokens / exact - 1)).toBeLessThan(0.02)
    expect(tokens - truncated).toBe(510 + 15 * (510 - 32))
  })

  test.each([
    [{ maxLength: 2, overlap: 0, maxWindows: 1 }, /maxLength to be an integer from 3 up, got 2/],
    [{ maxLength: 12, overlap: 10, maxWindows: 1 }, /overlap to be an integer from 0 to 9, got 10/],
    [{ maxLength: 12, overlap: -1, maxWindows: 1 }, /overlap .* got -1/],
    [{ maxLength: 12, overlap: 1.5, maxWindows: 1 }, /overlap .* got 1\.5/],
    [{ maxLength: 12, overlap: 1, maxWindows: 0 }, /maxWindows to be an integer from 1 up, got 0/],
  ])('refuses %j', (windowing, message) => {
    expect(() => windowsOf('rain', tokenizer, windowing)).toThrow(message)
  })
})
