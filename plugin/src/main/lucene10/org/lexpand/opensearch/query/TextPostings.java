// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.DocAndFloatFeatureBuffer;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Scorer;

import java.io.IOException;

/**
 * The documents of one clause of the text query in one segment: a word, mostly. Lucene's scorer gives the scores and
 * their bound, so that field statistics and the field's own similarity count as in Lucene.
 */
final class TextPostings extends BlockPostings {
    /** Replaces a score of 0, with which a similarity still finds a document; sums of a window are above 0. */
    static final float ZERO = Float.MIN_VALUE;

    private final Scorer scorer;

    private TextPostings(Scorer scorer, float bound) {
        super(Math.max(1, scorer.iterator().cost()), bound, scorer.iterator());
        this.scorer = scorer;
    }

    /**
     * @param scorer not moved yet
     * @param bounded whether a bound is useful
     */
    static TextPostings of(Scorer scorer, boolean bounded) throws IOException {
        if (!bounded) return new TextPostings(scorer, Float.POSITIVE_INFINITY);
        scorer.advanceShallow(0);
        return new TextPostings(scorer, Math.max(ZERO, scorer.getMaxScore(DocIdSetIterator.NO_MORE_DOCS)));
    }

    @Override
    void read(DocAndFloatFeatureBuffer block) throws IOException {
        scorer.nextDocsAndScores(DocIdSetIterator.NO_MORE_DOCS, null, block);
        float[] scores = block.features;
        for (int at = 0; at < block.size; at++) scores[at] = Math.max(ZERO, scores[at]);
    }

    @Override
    float score() throws IOException {
        return Math.max(ZERO, scorer.score());
    }
}
