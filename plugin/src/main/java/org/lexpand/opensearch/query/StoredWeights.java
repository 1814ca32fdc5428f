// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.lexpand.opensearch.impacts.Impacts;

/** How a field keeps its weights in Lucene's term frequencies; both grow with the frequency. */
enum StoredWeights {
    /** {@code rank_features}: the upper 17 bits of the float (Lucene's FeatureField). */
    FEATURES {
        @Override
        float score(float queryWeight, int frequency) {
            return queryWeight * Float.intBitsToFloat(frequency << 15);
        }

        @Override
        void scores(float queryWeight, float[] frequencies, int size) {
            for (int at = 0; at < size; at++) {
                frequencies[at] = queryWeight * Float.intBitsToFloat(Float.floatToRawIntBits(frequencies[at] + WHOLE) << 15);
            }
        }
    },
    /** {@code lexpand_impacts}. */
    IMPACTS {
        @Override
        float score(float queryWeight, int frequency) {
            return queryWeight * Impacts.STEP * frequency;
        }

        @Override
        void scores(float queryWeight, float[] frequencies, int size) {
            float factor = queryWeight * Impacts.STEP;
            for (int at = 0; at < size; at++) frequencies[at] *= factor;
        }
    };

    /** Added to a whole number below it, leaves that in the lowest bits: faster than Java's conversion, which knows NaN. */
    private static final float WHOLE = 0x1p23f;

    /** The very float that Lucene's scorer of one clause gives. */
    abstract float score(float queryWeight, int frequency);

    /** Puts the score of each frequency in its place: a loop of its own, so that the compiler makes vector instructions of it. */
    abstract void scores(float queryWeight, float[] frequencies, int size);
}
