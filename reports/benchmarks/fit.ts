/** x and y of one measurement. */
export type Point = readonly [x: number, y: number]

export interface Fit {
  readonly at: (x: number) => number
  /** Root mean square of (measured - fitted) / fitted. */
  readonly residual: number
}

export interface LineFit extends Fit {
  /** y at x = 0. */
  readonly intercept: number
  /** Increase of y for one more x. */
  readonly slope: number
}

export interface PowerFit extends Fit {
  readonly factor: number
  /** 1: y grows in proportion to x; 0: y does not grow. */
  readonly exponent: number
}

/**
 * Least squares line y = intercept + slope x.
 *
 * @param points at least two different x
 * @throws RangeError for fewer
 */
export function fitLine(points: readonly Point[]): LineFit {
  if (new Set(points.map(([x]) => x)).size < 2)
    throw new RangeError(
      `[fit] expected points at two different x, got ${points.length} points. Measure more.`,
    )
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  const covariance = mean(points.map(([x, y]) => (x - meanX) * (y - meanY)))
  const slope = covariance / mean(points.map(([x]) => (x - meanX) ** 2))
  const intercept = meanY - slope * meanX
  const at = (x: number) => intercept + slope * x
  return { intercept, slope, at, residual: residual(points, at) }
}

/** Least squares line through the logarithms: y = factor x^exponent. @param points as for {@link fitLine}, both above 0 */
export function fitPower(points: readonly Point[]): PowerFit {
  const { intercept, slope } = fitLine(points.map(([x, y]) => [Math.log(x), Math.log(y)]))
  const at = (x: number) => Math.exp(intercept) * x ** slope
  return { factor: Math.exp(intercept), exponent: slope, at, residual: residual(points, at) }
}

function residual(points: readonly Point[], at: (x: number) => number): number {
  return Math.sqrt(mean(points.map(([x, y]) => ((y - at(x)) / at(x)) ** 2)))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
