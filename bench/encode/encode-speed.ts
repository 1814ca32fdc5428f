import type { Encoder, TokenWindow } from '../../sparse/encoder.ts'

export interface Speed {
  readonly docs_per_second: number
  /** [CLS] and [SEP] included, as the graph computes them. */
  readonly word_pieces_per_second: number
}

/** Encodes the same documents again and again. @returns seconds of one pass */
export type Contestant = () => Promise<number>

/**
 * Windows of one length, cut from running text.
 *
 * @param ids word pieces of the text, without special tokens; repeated from the start when there are too few
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

/** Lexpand's encoder as a contestant, including queueing, transfer to the child processes and reading the vectors. */
export function encoderContestant(encoder: Encoder, windows: readonly TokenWindow[]): Contestant {
  return async () => {
    const startedAt = performance.now()
    await encoder.encode(windows)
    return (performance.now() - startedAt) / 1000
  }
}

/**
 * Lets contestants take turns, after one uncounted pass each, and keeps the median pass of each: other load of the
 * machine affects all of them alike.
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
