// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.DocIdSetIterator;

import java.io.IOException;
import java.util.List;

/** The words of several fields in one segment: the best field counts, and the others add a share. */
final class BestFieldsPostings extends WindowClause {
    private final WindowClause[][] fields;
    private final float tieBreaker;
    private final double[][] sums;
    private final int[][] found;

    private BestFieldsPostings(WindowClause[][] fields, float tieBreaker, int window, long frequency, float bound) {
        super(frequency, bound);
        this.fields = fields;
        this.tieBreaker = tieBreaker;
        this.sums = new double[fields.length][window];
        this.found = new int[fields.length][window];
    }

    /**
     * @param fields the words of each field that has any in the segment
     * @param window largest number of documents that are added at once
     */
    static BestFieldsPostings of(List<List<WindowClause>> fields, float tieBreaker, int window) {
        WindowClause[][] words = fields.stream().map(field -> field.toArray(WindowClause[]::new)).toArray(WindowClause[][]::new);
        long frequency = 0;
        double[] bounds = new double[words.length];
        for (int field = 0; field < words.length; field++) {
            for (WindowClause word : words[field]) {
                frequency += word.frequency;
                bounds[field] += word.bound;
            }
        }
        return new BestFieldsPostings(words, tieBreaker, window, frequency, Math.nextUp(combined(bounds, tieBreaker)));
    }

    /** The sum as in Lucene's scorer of a {@code dis_max}. */
    private static float combined(double[] scores, float tieBreaker) {
        float best = 0;
        double others = 0;
        for (double sum : scores) {
            float score = (float) sum;
            if (score >= best) {
                others += best;
                best = score;
            } else {
                others += score;
            }
        }
        return (float) (best + others * tieBreaker);
    }

    @Override
    int advance(int target) throws IOException {
        int first = DocIdSetIterator.NO_MORE_DOCS;
        for (WindowClause[] field : fields) for (WindowClause word : field) first = Math.min(first, word.advance(target));
        return first;
    }

    @Override
    float score(int document) throws IOException {
        double[] scores = new double[fields.length];
        for (int field = 0; field < fields.length; field++) {
            for (WindowClause word : fields[field]) scores[field] += word.score(document);
        }
        return combined(scores, tieBreaker);
    }

    @Override
    int add(double[] into, int base, int to, double least, int[] reached, int count) throws IOException {
        int[] counts = new int[fields.length];
        for (int field = 0; field < fields.length; field++) {
            for (WindowClause word : fields[field]) {
                counts[field] = word.add(sums[field], base, to, Double.MIN_VALUE, found[field], counts[field]);
            }
        }
        double[] scores = new double[fields.length];
        for (int field = 0; field < fields.length; field++) {
            for (int at = 0; at < counts[field]; at++) {
                int document = found[field][at];
                // Documents of an earlier field are added already.
                if (sums[field][document] == 0) continue;
                for (int other = 0; other < fields.length; other++) {
                    scores[other] = sums[other][document];
                    sums[other][document] = 0;
                }
                double before = into[document];
                double sum = before + combined(scores, tieBreaker);
                into[document] = sum;
                if (sum >= least && before < least) reached[count++] = document;
            }
        }
        return count;
    }
}
