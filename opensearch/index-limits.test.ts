import { expect, test } from 'vitest'
import { DEFAULT_LIMITS, indexLimits, limitsIn, resultWindow } from './index-limits.ts'

test('a limit is the setting, never above the default of the engine', () => {
  const of = (value: unknown) => limitsIn({ 'index.max_result_window': value }).resultWindow
  expect([of('50'), of(1), of('50000'), of('x'), of('0'), of(undefined)]).toEqual([
    50, 1, 10_000, 10_000, 10_000, 10_000,
  ])
  expect(limitsIn({ 'index.max_rescore_window': '7', 'index.max_script_fields': '0' })).toEqual({
    resultWindow: 10_000,
    rescoreWindow: 7,
    scriptFields: 0,
  })
  expect(limitsIn(undefined)).toEqual(DEFAULT_LIMITS)
})

test('of several indices it is the least, and of a user who may not read settings the default', async () => {
  const settings = (window: string, fields: string) => ({
    settings: { 'index.max_result_window': window, 'index.max_script_fields': fields },
  })
  const answering = (statusCode: number, body: object) =>
    ({ indices: { getSettings: async () => ({ statusCode, body }) } }) as never
  const two = answering(200, { a: settings('70', '3'), b: settings('20', '9') })
  expect(await indexLimits(two, 'alias')).toEqual({
    resultWindow: 20,
    rescoreWindow: 10_000,
    scriptFields: 3,
  })
  expect(await resultWindow(answering(200, { a: {} }), 'a')).toBe(10_000)
  expect(await indexLimits(answering(403, {}), 'a')).toEqual(DEFAULT_LIMITS)
})
