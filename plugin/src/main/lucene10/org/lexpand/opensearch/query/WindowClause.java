// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import java.io.IOException;

/** One summand of a score in one segment: a token, a word of the text, or several of these together. */
abstract class WindowClause {
    /** Number of documents, or a little more; at least 1. */
    final long frequency;
    /** Upper bound of the scores; infinite where finding a bound costs more than it saves. */
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
     * @param least a document whose sum reaches this is appended to {@code reached}, relative to {@code base}, behind
     *   the {@code count} entries there
     * @return number of entries in {@code reached} afterwards
     */
    abstract int add(double[] sums, int base, int to, double least, int[] reached, int count) throws IOException;
}
