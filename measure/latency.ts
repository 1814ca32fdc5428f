/** Percentiles in milliseconds. */
export interface Latency {
  readonly p50_ms: number
  readonly p99_ms: number
}

/** Summarises measured times. @param milliseconds at least one */
export function latency(milliseconds: readonly number[]): Latency {
  return { p50_ms: percentile(milliseconds, 50), p99_ms: percentile(milliseconds, 99) }
}

/** Nearest-rank percentile: always one of the measured values. @param p 0 to 100 */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN
}
