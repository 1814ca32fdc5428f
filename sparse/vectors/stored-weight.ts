/**
 * Rounds a weight as Lucene's FeatureField (`rank_features`) stores it: the upper 17 bits of the float, that is 8
 * stored bits of the mantissa. The result is never above the weight; the relative error is below 2^-8.
 *
 * @param weight finite, at least the smallest normal float
 */
export function truncateToFeatureField(weight: number): number {
  bits.setFloat32(0, weight)
  bits.setUint32(0, bits.getUint32(0) & ~0x7fff)
  return bits.getFloat32(0)
}

const bits = new DataView(new ArrayBuffer(4))

/** Step between weights in the plugin's field type `lexpand_impacts` (`Impacts.java`). */
export const IMPACT_STEP = 1 / 128

/**
 * Rounds a weight as a field of type `lexpand_impacts` stores it: to the nearest multiple of {@link IMPACT_STEP}, at
 * least one.
 *
 * @param weight above 0, at most 128
 */
export function roundToImpact(weight: number): number {
  return Math.max(1, Math.round(Math.fround(weight) / IMPACT_STEP)) * IMPACT_STEP
}
