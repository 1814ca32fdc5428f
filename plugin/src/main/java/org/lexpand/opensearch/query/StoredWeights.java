// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.lexpand.opensearch.impacts.Impacts;

/** Representation of a field's weights in Lucene's term frequencies; the weight grows with the frequency. */
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

    /**
     * Adding it to a smaller whole number leaves that number in the lowest bits, which is faster than Java's conversion
     * with its test for NaN.
     */
    private static final float WHOLE = 0x1p23f;

    /** The same float as the score of Lucene's scorer for one clause. */
    abstract float score(float queryWeight, int frequency);

    /** Replaces each frequency by its score, in a separate loop that the compiler can vectorise. */
    abstract void scores(float queryWeight, float[] frequencies, int size);
}
