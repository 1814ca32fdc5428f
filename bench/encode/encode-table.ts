import type { Machine } from '../../measure/machine.ts'
import { textTable } from '../../measure/text-table.ts'
import type { Speed } from './encode-speed.ts'

/** A way to encode at one length. */
export interface EncodeVariant extends Speed {
  readonly cores: number
  readonly docs_per_second_per_core: number
  /** Largest resident memory of the process, of the largest one where there are several. */
  readonly peak_mib?: number | undefined
}

/** What `lexpand bench encode --json` prints. */
export interface BenchEncodeResult {
  readonly machine: Machine
  readonly model: string
  readonly documents: number
  readonly rounds: number
  /** By `<who>-<length>`. */
  readonly variants: Record<string, EncodeVariant>
  /** Versions of the peers that ran. */
  readonly versions: Record<string, string>
  /** Why a peer is not among the variants. */
  readonly skipped: Record<string, string>
}

/** For people: a line a variant, then what could not be run. */
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
