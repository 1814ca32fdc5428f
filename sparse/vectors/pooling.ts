import { type Activation, activate } from './activation.ts'
import { type SparseVector, sparseVector } from './sparse-vector.ts'

/** Raw logits of a masked-language-model graph. */
export interface MaskedLogits {
  /** float32, row-major, shape [batch, length, width] */
  readonly logits: Float32Array
  /** The width may exceed the vocabulary (padded heads). */
  readonly shape: readonly [batch: number, length: number, width: number]
  /** Shape [batch, length], 0 at padding. */
  readonly attentionMask: ArrayLike<number | bigint>
}

/**
 * Vectors from the raw logits of a masked-language-model graph: maximum over the real positions, [CLS] and [SEP]
 * included, then the activation. The activation is monotone, so the maximum is taken first.
 *
 * @param specialIds ids that are never in a vector
 * @param vocabularySize columns from here on are padding of the head and are ignored; default width
 */
export function maxPooledWeights(
  { logits, shape: [batch, length, width], attentionMask }: MaskedLogits,
  activation: Activation,
  specialIds: ReadonlySet<number>,
  vocabularySize = width,
): SparseVector[] {
  return Array.from({ length: batch }, (_, row) => {
    // Starting at 0 has the effect of relu: a logit that never rises above 0 has no weight.
    const largest = new Float32Array(width)
    for (let position = 0; position < length; position++) {
      if (!Number(attentionMask[row * length + position])) continue
      const offset = (row * length + position) * width
      for (let id = 0; id < width; id++) {
        const logit = logits[offset + id] as number
        if (logit > (largest[id] as number)) largest[id] = logit
      }
    }
    const weights = new Map<number, number>()
    for (let id = 0; id < Math.min(width, vocabularySize); id++) {
      const logit = largest[id] as number
      if (logit > 0 && !specialIds.has(id)) weights.set(id, activate(logit, activation))
    }
    return sparseVector(weights)
  })
}
