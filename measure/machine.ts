import { availableParallelism, cpus, totalmem } from 'node:os'

/** Circumstances of a measurement, without which a figure says little. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memory_gib: number
  readonly node: string
  /** ISO 8601 time of the measurement. */
  readonly date: string
}

export function machine(): Machine {
  return {
    processor: cpus()[0]?.model ?? process.arch,
    cores: availableParallelism(),
    memory_gib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    date: new Date().toISOString(),
  }
}
