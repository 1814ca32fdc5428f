// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.util.FixedBitSet;

import java.io.IOException;

/** The documents that pass a filter in one segment, in ascending order. */
final class FilterDocuments {
    /** Approximate number of documents; larger for a filter that has to check each document. */
    final long cost;
    private final DocIdSetIterator documents;
    /** Null unless {@code documents} are only candidates that the filter has to check. */
    private final TwoPhaseIterator check;
    private final FixedBitSet window;

    /** @param windowSize largest number of documents in one call */
    FilterDocuments(Scorer filter, int windowSize) {
        this.check = filter.twoPhaseIterator();
        this.documents = check == null ? filter.iterator() : check.approximation();
        this.cost = documents.cost();
        this.window = new FixedBitSet(windowSize);
    }

    /** Whether the filter checks each document and should be asked last. Such a filter is not for {@link #retain}. */
    boolean looks() {
        return check != null;
    }

    /** @return the first document at or behind {@code target} that may pass */
    int advance(int target) throws IOException {
        int at = documents.docID();
        return at >= target ? at : documents.advance(target);
    }

    /** Writes all documents in [base, to), less {@code base}. @return their number */
    int all(int base, int to, int[] into) throws IOException {
        int count = 0;
        for (int at = advance(base); at < to; at = documents.nextDoc()) {
            if (check == null || check.matches()) into[count++] = at - base;
        }
        return count;
    }

    boolean passes(int document) throws IOException {
        return advance(document) == document && (check == null || check.matches());
    }

    /**
     * Keeps the candidates that pass; they are ascending and relative to {@code base}.
     *
     * @param inARow whether to read all documents in [base, to) instead of looking each candidate up
     * @return how many
     */
    int retain(int[] candidates, int count, int base, int to, boolean inARow) throws IOException {
        int kept = 0;
        if (!inARow) {
            for (int at = 0; at < count; at++) if (passes(base + candidates[at])) candidates[kept++] = candidates[at];
            return kept;
        }
        if (advance(base) < to) documents.intoBitSet(to, window, base);
        for (int at = 0; at < count; at++) if (window.get(candidates[at])) candidates[kept++] = candidates[at];
        window.clear(0, to - base);
        return kept;
    }
}
