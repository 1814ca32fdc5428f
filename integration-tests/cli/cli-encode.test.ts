import { expect, test } from 'vitest'
import { lexpand } from '../fixtures/run-cli.ts'

test('one vector a line, in order, heaviest piece first, bad lines named', async () => {
  const input = Buffer.concat([
    Buffer.from('Currently New York is rainy.\n\n'),
    Buffer.from([0xff, 0x0a]),
    Buffer.from(`${'heart '.repeat(2_000)}\nlast`),
  ])
  const { code, stdout } = await lexpand(['encode'], { input })
  const [rainy, blank, broken, long, last, ...rest] = stdout.trimEnd().split('\n')
  expect(rest).toEqual([])
  expect(code).toBe(1)
  const vector = JSON.parse(rainy ?? '')
  expect(vector).toMatchObject({ windows: 1, truncated: 0 })
  // The digits differ between processors (models/lexpand-mini-v1/README.md).
  expect(rainy).toMatch(/^\{"tokens":\{"(york|rainy)":[01]\.\d/)
  const weights = Object.values<number>(vector.tokens)
  expect(weights).toEqual(weights.toSorted((a, b) => b - a))
  expect(Object.keys(vector.tokens)).toContain('weather')
  expect(JSON.parse(blank ?? '')).toEqual({ tokens: {}, windows: 0, truncated: 0 })
  expect(JSON.parse(broken ?? '')).toEqual({
    error: { code: 'INPUT', message: expect.stringContaining('line 3') },
  })
  expect(JSON.parse(long ?? '').windows).toBeGreaterThan(1)
  expect(JSON.parse(last ?? '').windows).toBe(1)
})

test('no lines in, no lines out', async () => {
  expect(await lexpand(['encode'], { input: '' })).toMatchObject({ code: 0, stdout: '' })
})

test('a reader that has seen enough is no failure', async () => {
  const { code, stderr } = await lexpand(['encode'], {
    input: 'a\n'.repeat(500),
    onStarted: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
  })
  expect(stderr).toBe('')
  expect(code).toBe(0)
})
