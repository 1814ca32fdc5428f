import { describe, expect, test } from 'vitest'
import { LexpandError } from '../../sparse/errors.ts'
import { expandTexts } from '../../sparse/expand.ts'
import { SPECIFICATION, testEncoder, testTokenizer } from '../../testing/test-fixtures.ts'
import { expandEach } from './expand-each.ts'

const tokenizer = testTokenizer()
const { windowing, pruning } = SPECIFICATION
const rest = { tokenizer, windowing, pruning, tokenBudget: 1_000_000 }
const poisonId = tokenizer.idOf('poison') as number
const texts = Array.from({ length: 37 }, (_, at) => `text number ${at} about the weather`)

describe('expanding each text', () => {
  test('good texts get what expandTexts gives', async () => {
    const expansion = { ...rest, encoder: testEncoder(tokenizer) }
    expect(await expandEach(texts, expansion)).toEqual(await expandTexts(texts, expansion))
    expect(await expandEach([], expansion)).toEqual([])
  })

  test('poison fails alone, its neighbours are expanded', async () => {
    const encoder = testEncoder(tokenizer, { poison: ({ inputIds }) => inputIds.includes(poisonId) })
    const mixed = texts.with(5, 'this is poison').with(36, 'poison')
    const results = await expandEach(mixed, { ...rest, encoder })
    const failed = results.flatMap((result, at) => ('error' in result ? [at] : []))
    expect(failed).toEqual([5, 36])
    expect(results[5]).toMatchObject({ error: { message: expect.stringContaining('got poison') } })
    const good = await expandTexts(texts, { ...rest, encoder: testEncoder(tokenizer) })
    expect(results[6]).toEqual(good[6])
  })

  test('an encoder that fails on everything marks no text, its own error comes out', async () => {
    const encoder = testEncoder(tokenizer, { poison: () => true })
    await expect(expandEach(texts, { ...rest, encoder })).rejects.toThrow('got poison')
  })

  test('one failure, like that of a killed process, blames no text; a second one of the text alone does', async () => {
    for (const failures of [1, 2]) {
      let left = failures
      const working = testEncoder(tokenizer)
      const encoder = {
        encode: async (batch: Parameters<typeof working.encode>[0]) => {
          if (left > 0 && batch.some(({ inputIds }) => inputIds.length > 2) && left-- > 0) {
            throw new LexpandError('ENCODER', 'killed')
          }
          return working.encode(batch)
        },
        dispose: working.dispose,
      }
      const results = await expandEach(['one single text'], { ...rest, encoder })
      expect('error' in (results[0] ?? {})).toBe(failures === 2)
    }
  })
})
