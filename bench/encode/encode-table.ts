import type { Machine } from '../../measure/machine.ts'
import { textTable } from '../../measure/text-table.ts'
import type { Speed } from './encode-speed.ts'

/** One contestant at one length. */
export interface EncodeVariant extends Speed {
  readonly cores: number
  readonly docs_per_second_per_core: number
  /** Largest resident memory of its process, or of the largest of several. */
  readonly peak_mib?: number | undefined
}

/** Output of `lexpand bench encode --json`. */
export interface BenchEncodeResult {
  readonly machine: Machine
  readonly model: string
  readonly documents: number
  readonly rounds: number
  /** Keys have the form `<contestant>-<length>`. */
  readonly variants: Record<string, EncodeVariant>
  /** Versions of the peers that ran. */
  readonly versions: Record<string, string>
  /** Reason why a peer is not among the variants. */
  readonly skipped: Record<string, string>
}

/** Table for people: one line for each variant, then the variants that could not run. */
export function encodeTable({ machine, model, variants, skipped }: BenchEncodeResult): string {
  return [
    `${model} on ${machine.cores} cores of ${machine.processor}, Node ${machine.node}, ${machine.date}`,
    ...textTable([
      ['variant', 'docs/s', 'docs/s a core', 'pieces/s', 'peak MiB'],
      ...Object.entries(variants).map(([name, one]) => [
        name,
        one.docs_per_second.toFixed(1),
        one.docs_per_second_per_core.toFixed(1),
        one.word_pieces_per_second.toFixed(0),
        one.peak_mib?.toFixed(0) ?? '',
      ]),
    ]),
    ...Object.entries(skipped).map(([name, reason]) => `Without ${name}: ${reason}`),
  ].join('\n')
}
