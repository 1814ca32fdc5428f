// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.impacts;

/**
 * Weights as small whole numbers, which Lucene packs into few bits: 8 for weights below 2, the range of encoders with a
 * logarithmic activation. Larger weights keep the same step and take more bits.
 */
public final class Impacts {
    /** A stored weight differs from the given one by at most half of this. A power of 2, so that products stay exact. */
    public static final float STEP = 1f / 128;
    /** Larger than any encoder's weights; a sum over all tokens of a document still fits into Lucene's int. */
    static final float LARGEST_WEIGHT = 128;

    private Impacts() {}

    /** @param weight in (0, 128]; the smallest weights become one step, so that no token is lost */
    public static int encode(float weight) {
        return Math.max(1, Math.round(weight / STEP));
    }

    public static float decode(int impact) {
        return impact * STEP;
    }
}
