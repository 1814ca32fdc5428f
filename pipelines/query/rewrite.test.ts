import { describe, expect, test } from 'vitest'
import { rewritten } from './rewrite.ts'

const asked = { text: 'and in spring?', history: ['birds of Iceland'], timeoutMs: 1_000 }

describe('rewritten', () => {
  test('hands over the question and its history, and takes the answer in their place', async () => {
    const rewrite = (text: string, history: readonly string[]) => `${history.join()} ${text} \ud83d`
    expect(await rewritten({ ...asked, rewrite }, 100)).toMatchObject({
      text: 'birds of Iceland and in spring? \ufffd',
      history: [],
    })
    expect(await rewritten(asked, 100)).toBe(asked)
  })

  test.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['blank text', () => ' '],
    ['a book', () => 'x'.repeat(101)],
    ['an object', () => ({ text: 'birds' })],
  ])('refuses %s', async (_, answer) => {
    const rewrite = answer as () => string
    await expect(rewritten({ ...asked, rewrite }, 100)).rejects.toMatchObject({ code: 'QUERY' })
  })

  test('says that it failed, with the cause, and does not wait for ever', async () => {
    const cause = new Error('model is down')
    const failing = () => Promise.reject(cause)
    await expect(rewritten({ ...asked, rewrite: failing }, 100)).rejects.toMatchObject({ cause })
    const hanging = () => new Promise<string>(() => {})
    const hung = rewritten({ ...asked, rewrite: hanging, timeoutMs: 5 }, 100)
    await expect(hung).rejects.toThrow('within 5 ms')
    const signal = AbortSignal.abort(new Error('user left'))
    await expect(rewritten({ ...asked, rewrite: hanging, signal }, 100)).rejects.toThrow('user left')
  })
})
