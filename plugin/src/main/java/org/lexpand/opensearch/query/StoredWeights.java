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
        void add(double[] sums, int base, int[] documents, float[] frequencies, int size, float queryWeight) {
            for (int at = 0; at < size; at++) {
                sums[documents[at] - base] += queryWeight * Float.intBitsToFloat((int) frequencies[at] << 15);
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
        void add(double[] sums, int base, int[] documents, float[] frequencies, int size, float queryWeight) {
            float factor = queryWeight * Impacts.STEP;
            for (int at = 0; at < size; at++) sums[documents[at] - base] += factor * frequencies[at];
        }
    };

    /** The very float that Lucene's scorer of one clause gives. */
    abstract float score(float queryWeight, int frequency);

    /** Adds the scores of one token's postings to {@code sums}, where document {@code base} is at 0. */
    abstract void add(double[] sums, int base, int[] documents, float[] frequencies, int size, float queryWeight);
}
