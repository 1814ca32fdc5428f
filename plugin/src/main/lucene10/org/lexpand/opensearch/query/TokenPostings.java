// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.FreqAndNormBuffer;
import org.apache.lucene.index.Impacts;
import org.apache.lucene.index.ImpactsEnum;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocAndFloatFeatureBuffer;
import org.apache.lucene.search.DocIdSetIterator;

import java.io.IOException;

/** The documents of one token of a sparse field in one segment. */
final class TokenPostings extends BlockPostings {
    /** Measured: below this share (1/8) of the documents, reading all postings is cheaper than bounding them. */
    private static final long COMMON = 8;

    private final StoredWeights stored;
    /** Weight of the token in the query, boost included. */
    private final float weight;
    private final PostingsEnum postings;

    private TokenPostings(StoredWeights stored, float weight, int frequency, float bound, PostingsEnum postings) {
        super(frequency, bound, postings);
        this.stored = stored;
        this.weight = weight;
        this.postings = postings;
    }

    /** @param documents of the segment, or more to do without bounds */
    static TokenPostings of(TermsEnum terms, StoredWeights stored, float weight, int documents) throws IOException {
        int frequency = terms.docFreq();
        float bound = frequency * COMMON < documents ? Float.POSITIVE_INFINITY : stored.score(weight, largest(terms.impacts(PostingsEnum.FREQS)));
        return new TokenPostings(stored, weight, frequency, bound, terms.postings(null, PostingsEnum.FREQS));
    }

    /** Lucene keeps the largest frequency of every 4,096 and 128 postings, except for the last, incomplete block. */
    private static int largest(ImpactsEnum postings) throws IOException {
        int largest = 0;
        for (int from = 0;;) {
            postings.advanceShallow(from);
            Impacts impacts = postings.getImpacts();
            int level = impacts.numLevels() - 1;
            int last = impacts.getDocIdUpTo(level);
            if (last == DocIdSetIterator.NO_MORE_DOCS) return Math.max(largest, largestFrom(from, postings));
            FreqAndNormBuffer block = impacts.getImpacts(level);
            for (int at = 0; at < block.size; at++) largest = Math.max(largest, block.freqs[at]);
            from = last + 1;
        }
    }

    private static int largestFrom(int from, PostingsEnum postings) throws IOException {
        int largest = 0;
        for (int at = postings.advance(from); at != DocIdSetIterator.NO_MORE_DOCS; at = postings.nextDoc()) {
            largest = Math.max(largest, postings.freq());
        }
        return largest;
    }

    @Override
    void read(DocAndFloatFeatureBuffer block) throws IOException {
        postings.nextPostings(DocIdSetIterator.NO_MORE_DOCS, block);
        stored.scores(weight, block.features, block.size);
    }

    @Override
    float score() throws IOException {
        return stored.score(weight, postings.freq());
    }
}
