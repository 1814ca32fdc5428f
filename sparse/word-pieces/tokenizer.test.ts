import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cpuMilliseconds } from '../golden/cpu-time.ts'
import { randomStrings } from '../golden/random-strings.ts'
import { goldenTokenizer, readModelJson, readTokenGolden } from '../golden/read-golden.ts'
import { type Word, WordPieceTokenizer } from './tokenizer.ts'

const golden = readTokenGolden()
const tokenizer = goldenTokenizer()
const checksum = (text: string) => crc32(new Uint8Array(tokenizer.tokenize(text).buffer))

// The work takes seconds; on a busy machine more than vitest's five.
describe('token ids equal the reference tokenizer', { timeout: 30_000 }, () => {
  test('on every hard string', () => {
    expect(golden.hard.length).toBeGreaterThan(2_000)
    const different = golden.hard.filter(({ text, ids }) => String(tokenizer.tokenize(text)) !== String(ids))
    expect(different.map(({ text }) => text.slice(0, 80))).toEqual([])
  })

  test('on 20,000 random Unicode strings', () => {
    const texts = randomStrings(golden.random.seed, golden.random.checksums.length)
    expect(texts.slice(0, golden.random.sample.length)).toEqual(golden.random.sample.map(({ text }) => text))
    expect(golden.random.sample.map(({ text }) => [...tokenizer.tokenize(text)])).toEqual(
      golden.random.sample.map(({ ids }) => ids),
    )
    expect(texts.filter((text, at) => checksum(text) !== golden.random.checksums[at])).toEqual([])
  })

  test('on every code point of the blocks that are not uniform', () => {
    const different = Object.entries(golden.blocks).filter(
      ([first, expected]) => checksum(blockText(Number(first))) !== expected,
    )
    expect(different.map(([first]) => Number(first).toString(16))).toEqual([])
  })
})

describe('words', () => {
  test('concatenate to the ids of the text, in order, with spans inside it that do not overlap', () => {
    for (const { text } of golden.random.sample) {
      const words = [...tokenizer.words(text)]
      expect(words.flatMap((word) => [...word.ids])).toEqual([...tokenizer.tokenize(text)])
      words.forEach((word, at) => {
        expect(word.start).toBeGreaterThanOrEqual(words[at - 1]?.end ?? 0)
        expect(word.end).toBeGreaterThan(word.start)
        expect(word.end).toBeLessThanOrEqual(text.length)
      })
    }
  })

  test('have the spans of the text as given, accents and capitals included', () => {
    const text = 'The Café\u0301s, 中文 [SEP] 👍ok'
    expect([...tokenizer.words(text)].map(({ start, end }) => text.slice(start, end))).toEqual([
      'The',
      'Café\u0301s',
      ',',
      '中',
      '文',
      '[SEP]',
      '👍ok',
    ])
  })

  test('of a span tokenize to the same ids when they stand alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        for (const { start, end, ids } of tokenizer.words(text)) {
          expect([...tokenizer.tokenize(text.slice(start, end))]).toEqual([...ids])
        }
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  test('are read lazily: the first of a text of 10 MB costs nothing', () => {
    const text = 'word '.repeat(2_000_000)
    let first: Word | undefined
    const spent = cpuMilliseconds(() => {
      first = tokenizer.words(text).next().value
    })
    expect(first?.ids).toEqual(tokenizer.tokenize('word'))
    expect(spent).toBeLessThan(200)
  })
})

describe('hostile text', () => {
  test('with half surrogate pairs tokenizes as if they were not there', () => {
    expect(tokenizer.tokenize('ha\ud800lf \udc00 pair\ud83d')).toEqual(tokenizer.tokenize('half pair'))
  })

  test('named like a property of Object is text like any other', () => {
    const pieces = [...tokenizer.tokenize('__proto__ constructor')].map((id) => tokenizer.piece(id))
    expect(pieces).toEqual(['_', '_', 'proto', '_', '_', 'construct', '##or'])
    expect(tokenizer.idOf('__proto__')).toBeUndefined()
    expect(tokenizer.idOf('toString')).toBeUndefined()
  })

  test.each([
    ['a word of 100 kB', 'a'.repeat(100_000), 1, 500],
    ['a word of 1 MB', 'é'.repeat(1_000_000), 1, 2_000],
    ['a run of marks of 1 MB', '\u0301'.repeat(1_000_000), 0, 2_000],
    ['1 MB of words', 'rainy weather in New York, mostly '.repeat(30_000), 210_000, 2_000],
    ['100 kB of Chinese', '中'.repeat(100_000), 100_000, 2_000],
  ])('%s takes linear time', (_, text, pieces, milliseconds) => {
    let ids: Uint32Array | undefined
    const spent = cpuMilliseconds(() => {
      ids = tokenizer.tokenize(text)
    })
    expect(ids).toHaveLength(pieces)
    expect(spent).toBeLessThan(milliseconds)
  })
})

describe('the tokenizer file', () => {
  test('gives the special tokens, whatever truncation and padding it asks for', () => {
    expect([...tokenizer.specialTokenIds].sort((a, b) => a - b)).toEqual([0, 100, 101, 102, 103])
    expect([tokenizer.padId, tokenizer.clsId, tokenizer.sepId]).toEqual([0, 101, 102])
    expect(tokenizer.vocabularySize).toBe(30_522)
    expect(tokenizer.tokenize('long '.repeat(600))).toHaveLength(600)
  })

  test('with special tokens of which one begins like another takes the longest, as the reference does', () => {
    const json = readModelJson('tokenizer.json') as { added_tokens: object[] }
    const longer = { id: 30_522, content: '[SEP]x', special: true, normalized: false }
    const extended = new WordPieceTokenizer({ ...json, added_tokens: [...json.added_tokens, longer] })
    const pieces = [...extended.tokenize('a[SEP]xy [SEP]z')].map((id) => extended.piece(id))
    expect(pieces).toEqual(['a', '[SEP]x', 'y', '[SEP]', 'z'])
  })

  test('of another vocabulary has another hash', () => {
    const json = readModelJson('tokenizer.json') as { model: { vocab: Record<string, number> } }
    const { rainy, windy, ...others } = json.model.vocab as Record<'rainy' | 'windy', number> &
      Record<string, number>
    const swapped = { ...json, model: { ...json.model, vocab: { ...others, rainy: windy, windy: rainy } } }
    expect(new WordPieceTokenizer(swapped).vocabularyHash).not.toBe(tokenizer.vocabularyHash)
  })

  test.each([
    ['a byte-pair model', { model: { type: 'BPE' } }, /model\.type to be WordPiece, got BPE/],
    [
      'a cased model',
      {
        normalizer: {
          type: 'BertNormalizer',
          clean_text: true,
          handle_chinese_chars: true,
          lowercase: false,
        },
      },
      /normalizer\.lowercase to be true, got false/,
    ],
    ['no special tokens', { added_tokens: [] }, /special token \[PAD\]/],
    ['another pre-tokenizer', { pre_tokenizer: null }, /pre_tokenizer\.type to be BertPreTokenizer/],
  ])('with %s is refused', (_, change, message) => {
    const json = { ...readModelJson('tokenizer.json'), ...change }
    expect(() => new WordPieceTokenizer(json)).toThrow(message)
  })
})

function blockText(first: number): string {
  let text = ''
  for (let codePoint = first; codePoint < first + 256; codePoint++) {
    if (codePoint < 0xd800 || codePoint > 0xdfff) text += `a${String.fromCodePoint(codePoint)}b `
  }
  return text
}
