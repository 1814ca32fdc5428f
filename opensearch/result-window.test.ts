import { expect, test } from 'vitest'
import { resultWindow, windowIn } from './result-window.ts'

test('the result window is the setting, never above the default of the engine', () => {
  const of = (value: unknown) => windowIn({ 'index.max_result_window': value })
  expect([of('50'), of(1), of('50000'), of('x'), of(undefined), windowIn(undefined)]).toEqual([
    50, 1, 10_000, 10_000, 10_000, 10_000,
  ])
})

test('of several indices it is the least, and of a user who may not read settings the default', async () => {
  const settings = (value: string) => ({ settings: { 'index.max_result_window': value } })
  const answering = (statusCode: number, body: object) =>
    ({ indices: { getSettings: async () => ({ statusCode, body }) } }) as never
  expect(await resultWindow(answering(200, { a: settings('70'), b: settings('20') }), 'alias')).toBe(20)
  expect(await resultWindow(answering(200, { a: {} }), 'a')).toBe(10_000)
  expect(await resultWindow(answering(403, {}), 'a')).toBe(10_000)
})
