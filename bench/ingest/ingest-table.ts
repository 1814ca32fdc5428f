import { byteSize } from '../../measure/byte-size.ts'
import type { Machine } from '../../measure/machine.ts'
import type { IngestRun } from './ingest.ts'
import type { EncoderAlone } from './ingest-alone.ts'
import { PARTS } from './ingest-usage.ts'

export interface IngestResult {
  readonly machine: Machine
  readonly model: string
  readonly documents: number
  readonly layouts: readonly {
    readonly workers: number
    /** Measured before each run and after the last. */
    readonly encoder_alone: readonly EncoderAlone[]
    readonly runs: readonly (IngestRun & {
      /** Documents a second divided by those of the encoder alone, before and after the run. */
      readonly of_encoder_alone: number
    })[]
  }[]
}

/** Table for people: one line for each run and, below it, the use of processor time and memory. */
export function ingestTable({ machine, model, documents, layouts }: IngestResult): string {
  const lines = layouts.flatMap(({ encoder_alone, runs }) => [
    `${'encoder alone'.padEnd(24)} ${encoder_alone.map(({ docs_per_second }) => docs_per_second.toFixed(1)).join(', ')} docs/s`,
    ...runs.flatMap((run) => runLines(run)),
  ])
  return [
    `${documents} documents, ${model}, ${machine.cores} cores of ${machine.processor}, Node ${machine.node}, ${machine.date}`,
    `${'run'.padEnd(24)} ${['docs/s', 'of alone', 'encoder busy', 'read', 'encode', 'write', 'queue'].map((name) => name.padStart(12)).join(' ')}`,
    ...lines,
    'read, encode, write, queue: share of the time of the places for jobs; encode holds the waiting for the encoder.',
  ].join('\n')
}

/** Lines of one run; the first fits the head of the table. */
export function runLines(run: IngestRun & { readonly of_encoder_alone: number }): string[] {
  const { read, encode, write, queue } = run.places
  const busy = run.encoder_busy === undefined ? '-' : percent(run.encoder_busy)
  const figures = [
    run.docs_per_second.toFixed(1),
    percent(run.of_encoder_alone),
    busy,
    ...[read, encode, write, queue].map(percent),
  ]
  const all = PARTS.reduce((sum, part) => sum + (run.cpu_seconds[part] ?? 0), 0)
  const cpu = PARTS.flatMap((part) => {
    const seconds = run.cpu_seconds[part]
    return seconds === undefined ? [] : `${part} ${percent(seconds / all)}`
  })
  const memory = PARTS.flatMap((part) => {
    const bytes = run.resident_bytes[part]
    return bytes === undefined ? [] : `${part} ${byteSize(bytes)}`
  })
  const name = `${run.way}, ${run.workers} x ${run.encoder_processes}`
  return [
    `${name.padEnd(24)} ${figures.map((figure) => figure.padStart(12)).join(' ')}`,
    `  processor: ${cpu.join(', ')} (${all.toFixed(1)} s in all)`,
    `  largest process: ${memory.join(', ')}`,
  ]
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`
}
