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

/** The documents of one token in one segment. */
final class TokenPostings {
    /** Measured: below this share of the documents, reading all postings is cheaper than bounding them. */
    private static final long COMMON = 8;

    /** Of the query, boost included. */
    final float weight;
    /** How many documents. */
    final int frequency;
    /** No document's score is larger; infinite for a token that is not common. */
    final float bound;
    private final PostingsEnum postings;

    private TokenPostings(float weight, int frequency, float bound, PostingsEnum postings) {
        this.weight = weight;
        this.frequency = frequency;
        this.bound = bound;
        this.postings = postings;
    }

    /** @param documents of the segment, or more to do without bounds */
    static TokenPostings of(TermsEnum terms, StoredWeights stored, float weight, int documents) throws IOException {
        int frequency = terms.docFreq();
        float bound = frequency * COMMON < documents ? Float.POSITIVE_INFINITY : stored.score(weight, largest(terms.impacts(PostingsEnum.FREQS)));
        return new TokenPostings(weight, frequency, bound, terms.postings(null, PostingsEnum.FREQS));
    }

    /** Lucene keeps the largest frequency of every 4,096 and 128 postings, but for the last, incomplete block. */
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

    /** @return the first document at or behind `target` */
    int advance(int target) throws IOException {
        int at = postings.docID();
        return at >= target ? at : postings.advance(target);
    }

    /** The next postings before `to`; none when the buffer comes back empty. After {@link #advance}. */
    void next(int to, DocAndFloatFeatureBuffer buffer) throws IOException {
        postings.nextPostings(to, buffer);
    }

    /** @return 0 for a document without the token. @param document not before that of the last call */
    float score(int document, StoredWeights stored) throws IOException {
        return advance(document) == document ? stored.score(weight, postings.freq()) : 0;
    }
}
