// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import java.io.IOException;

/** One summand of a score in one segment: a token, a word of the text, or several of them taken together. */
abstract class WindowClause {
    /** How many documents, or a little more; at least 1. */
    final long frequency;
    /** No document's score is larger; infinite where finding a bound costs more than it saves. */
    final float bound;

    WindowClause(long frequency, float bound) {
        this.frequency = frequency;
        this.bound = bound;
    }

    /** @return the first document at or behind {@code target} */
    abstract int advance(int target) throws IOException;

    /** @return 0 for a document without the clause. @param document not before that of the last call */
    abstract float score(int document) throws IOException;

    /**
     * Adds the scores of the documents in [base, to) to {@code sums}, where {@code base} is at 0.
     *
     * @param least a document whose sum comes to this is put into {@code reached}, less {@code base}, behind the {@code count} that are there
     * @return how many are in {@code reached} now
     */
    abstract int add(double[] sums, int base, int to, double least, int[] reached, int count) throws IOException;
}
