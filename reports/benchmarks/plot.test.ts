import { expect, test } from 'vitest'
import { plot } from './plot.ts'

const axes = { x: { title: 'documents', log: true }, y: { title: 'ms' } }
const circles = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])

test('points stand where a linear and a logarithmic axis put them', () => {
  const points: [number, number][] = [
    [1e4, 0],
    [1e5, 5],
    [1e6, 10],
  ]
  const [first, middle, last] = circles(plot({ title: 't', ...axes, series: [{ label: 's', points }] }))
  expect(first).toEqual([76, 364])
  expect(last).toEqual([524, 44])
  expect(middle).toEqual([300, 204])
})

test("ticks are round, the axes and the legend are named, and the reader's scheme decides about dark", () => {
  const svg = plot({
    title: 'a & b',
    ...axes,
    series: [
      {
        label: '<s>',
        points: [
          [20_000, 3],
          [1_500_000, 7.3],
        ],
      },
    ],
  })
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text)
  expect(texts).toEqual([
    'a &amp; b',
    ...['20k', '50k', '100k', '200k', '500k', '1M', '2M'],
    ...['0', '2', '4', '6', '8'],
    'documents',
    'ms',
    '&lt;s&gt;',
  ])
  expect(svg).toContain('prefers-color-scheme:dark')
})

test('a curve is drawn over the whole axis and cut where the plot ends', () => {
  const series = [
    {
      label: 's',
      points: [
        [1, 1],
        [10, 100],
      ] as [number, number][],
      curve: (x: number) => x * x,
    },
  ]
  const log = { title: 'y', log: true }
  const [, path = ''] =
    /<path stroke[^>]* d="(M[^"]+)"/.exec(
      plot({ title: 't', x: { title: 'x', log: true }, y: log, series }),
    ) ?? []
  // On logarithmic axes it is a straight line from corner to corner.
  const at = [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)])
  expect(at[0]).toEqual([76, 364])
  expect(at.at(-1)).toEqual([524, 44])
  for (const [x = 0, y = 0] of at) expect((x - 76) / 448).toBeCloseTo((364 - y) / 320, 2)
})

test('a line that begins below zero is drawn from where it comes above', () => {
  const points: [number, number][] = [
    [10, 0],
    [20, 10],
  ]
  const svg = plot({
    title: 't',
    x: { title: 'x' },
    y: { title: 'y' },
    series: [{ label: 's', points, curve: (x) => x - 10 }],
  })
  const [, x, y] = /<path stroke[^>]* d="M([\d.]+) ([\d.]+)L/.exec(svg) ?? []
  expect([Number(x), Number(y)]).toEqual([300, 364])
})

test('no points, and values that an axis cannot show, are refused', () => {
  expect(() => plot({ title: 't', ...axes, series: [] })).toThrow(/expected points/)
  expect(() => plot({ title: 't', ...axes, series: [{ label: 's', points: [[0, 1]] }] })).toThrow(/above 0/)
  expect(() => plot({ title: 't', ...axes, series: [{ label: 's', points: [[1, Number.NaN]] }] })).toThrow(
    /finite/,
  )
})
