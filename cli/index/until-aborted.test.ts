import { expect, test } from 'vitest'
import { collect } from '../../testing/read-source.ts'
import { untilAborted } from './until-aborted.ts'

test('an idle source does not hold the end up', async () => {
  async function* idle() {
    yield 1
    yield 2
    await new Promise(() => undefined)
  }
  const controller = new AbortController()
  const seen: number[] = []
  for await (const item of untilAborted(idle(), controller.signal)) {
    seen.push(item)
    if (item === 2) queueMicrotask(() => controller.abort())
  }
  expect(seen).toEqual([1, 2])
})

test('without an abort every item comes, and a failure of the source is thrown', async () => {
  async function* failing() {
    yield 1
    throw new Error('broken')
  }
  const { signal } = new AbortController()
  await expect(collect(untilAborted(failing(), signal))).rejects.toThrow('broken')
  async function* whole() {
    yield* [1, 2, 3]
  }
  expect(await collect(untilAborted(whole(), signal))).toEqual([1, 2, 3])
})
