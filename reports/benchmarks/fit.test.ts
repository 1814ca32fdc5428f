import { expect, test } from 'vitest'
import { fitLine, fitPower } from './fit.ts'

test('points of a line give back its intercept and slope, without residual', () => {
  const fit = fitLine([
    [0, 2],
    [1, 5],
    [3, 11],
  ])
  expect(fit.intercept).toBeCloseTo(2)
  expect(fit.slope).toBeCloseTo(3)
  expect(fit.at(10)).toBeCloseTo(32)
  expect(fit.residual).toBeCloseTo(0)
})

test('points beside the line give the least squares line and the relative residual', () => {
  const fit = fitLine([
    [0, 9],
    [0, 11],
    [10, 19],
    [10, 21],
  ])
  expect([fit.intercept, fit.slope]).toEqual([10, 1])
  // Off by 1 from 10 twice, off by 1 from 20 twice.
  expect(fit.residual).toBeCloseTo(Math.sqrt((0.1 ** 2 + 0.05 ** 2) / 2))
})

test('points of a power law give back its factor and exponent', () => {
  const fit = fitPower([1e5, 3e5, 1e6].map((x) => [x, 0.02 * x ** 0.7]))
  expect(fit.factor).toBeCloseTo(0.02)
  expect(fit.exponent).toBeCloseTo(0.7)
  expect(fit.at(1e9) / (0.02 * 1e9 ** 0.7)).toBeCloseTo(1)
  expect(fit.residual).toBeCloseTo(0)
})

test('one x alone cannot be fitted', () => {
  expect(() => fitLine([[1, 1]])).toThrow(RangeError)
  expect(() =>
    fitPower([
      [2, 1],
      [2, 3],
    ]),
  ).toThrow(/two different x/)
})
