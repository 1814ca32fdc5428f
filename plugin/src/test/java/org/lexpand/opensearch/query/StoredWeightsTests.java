// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.opensearch.test.OpenSearchTestCase;

public class StoredWeightsTests extends OpenSearchTestCase {
    /** The largest finite float without the bits that a rank feature drops. */
    private static final int LARGEST = Float.floatToIntBits(Float.MAX_VALUE) >>> 15;

    public void testManyAtOnceAreTheVeryScoresOfOne() {
        float queryWeight = randomFloat() + Float.MIN_NORMAL;
        for (StoredWeights stored : StoredWeights.values()) {
            float[] scores = new float[LARGEST];
            for (int frequency = 1; frequency <= LARGEST; frequency++) scores[frequency - 1] = frequency;
            stored.scores(queryWeight, scores, LARGEST);
            for (int frequency = 1; frequency <= LARGEST; frequency++) {
                assertEquals(stored + " " + frequency, stored.score(queryWeight, frequency), scores[frequency - 1], 0);
            }
        }
    }
}
