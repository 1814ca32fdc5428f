import type { Encoder, TokenWindow } from '../../sparse/encoder.ts'

export interface Speed {
  readonly docs_per_second: number
  /** [CLS] and [SEP] included: what the graph computes. */
  readonly word_pieces_per_second: number
}

/** Something that encodes the same documents again and again. @returns seconds of one pass */
export type Contestant = () => Promise<number>

/**
 * Windows of one length, cut from running text.
 *
 * @param ids word pieces of the text, without specials; repeated from its start when it is too short
 * @param length word pieces of a window, [CLS] and [SEP] included
 */
export function windowsOfLength(
  ids: Uint32Array,
  length: number,
  count: number,
  special: { readonly clsId: number; readonly sepId: number },
): TokenWindow[] {
  return Array.from({ length: count }, (_, number) => {
    const inputIds = new Uint32Array(length)
    for (let at = 1; at < length - 1; at++)
      inputIds[at] = ids[(number * (length - 2) + at - 1) % ids.length] ?? 0
    inputIds[0] = special.clsId
    inputIds[length - 1] = special.sepId
    return { inputIds }
  })
}

/** Our encoder as a contestant: queueing, transfer to the child processes and reading the vectors included. */
export function encoderContestant(encoder: Encoder, windows: readonly TokenWindow[]): Contestant {
  return async () => {
    const startedAt = performance.now()
    await encoder.encode(windows)
    return (performance.now() - startedAt) / 1000
  }
}

/**
 * Lets contestants take turns, after one pass each that does not count, and keeps the median pass of each:
 * whatever else the machine does meets all of them alike.
 */
export async function interleave<Name extends string>(
  contestants: ReadonlyMap<Name, Contestant>,
  rounds: number,
  onRound: (round: number) => void,
): Promise<Map<Name, number>> {
  const seconds = new Map<Name, number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of contestants) {
      const pass = await run()
      if (round > 0) seconds.set(name, [...(seconds.get(name) ?? []), pass])
    }
    onRound(round)
  }
  return new Map([...seconds].map(([name, passes]) => [name, median(passes)]))
}

export function speed(documents: number, length: number, seconds: number): Speed {
  return { docs_per_second: documents / seconds, word_pieces_per_second: (documents * length) / seconds }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
