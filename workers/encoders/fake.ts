import { setTimeout as sleep } from 'node:timers/promises'
import type { Encoder, TokenWindow } from '../../sparse/encoder.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { type SparseVector, sparseVector } from '../../sparse/vectors/sparse-vector.ts'

export interface FakeEncoderOptions {
  /** Width of the vocabulary; returned ids are below it. */
  readonly vocabularySize: number
  /** Ids that are never returned: special tokens and the piece `.`. */
  readonly hiddenIds: ReadonlySet<number>
  /** Time that every batch takes, in milliseconds. @default 0 */
  readonly delayMs?: number | undefined
  /** Makes `encode` throw for a batch with a window for which it returns true. */
  readonly poison?: ((window: TokenWindow) => boolean) | undefined
}

/** An encoder for tests. Every word piece of a window gets a weight, and every window some expansions, from a hash of the ids. */
export function fakeEncoder({ vocabularySize, hiddenIds, delayMs = 0, poison }: FakeEncoderOptions): Encoder {
  let disposed = false
  const alive = () => {
    if (disposed)
      throw new LexpandError(
        'ENCODER',
        '[encoder] expected a running encoder, got one that was disposed. Make a new one.',
      )
  }
  return {
    async encode(batch) {
      alive()
      if (delayMs > 0) await sleep(delayMs)
      alive()
      if (poison !== undefined && batch.some(poison)) {
        throw new LexpandError(
          'ENCODER',
          '[encoder] expected a text that can be encoded, got poison. Remove it.',
        )
      }
      return batch.map((window) => vectorOf(window, vocabularySize, hiddenIds))
    },
    async dispose() {
      disposed = true
    },
  }
}

function vectorOf(
  { inputIds }: TokenWindow,
  vocabularySize: number,
  hidden: ReadonlySet<number>,
): SparseVector {
  const weights = new Map<number, number>()
  let hash = 2_166_136_261
  for (const id of inputIds) {
    // The hash is FNV-1a over the ids.
    hash = Math.imul(hash ^ id, 16_777_619) >>> 0
    if (!hidden.has(id)) weights.set(id, 1 + (id % 100) / 100)
  }
  const expansion = hash % vocabularySize
  if (!hidden.has(expansion)) weights.set(expansion, 0.5)
  return sparseVector(weights)
}
