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

    /** The query's weight of the token, boost included. */
    private final float weight;
    /** How many documents. */
    final int frequency;
    /** No document's score is larger; infinite for a token that is not common. */
    final float bound;
    private final StoredWeights stored;
    private final PostingsEnum postings;
    /** Documents and their scores, read ahead of {@code postings}; those from {@code next} on are still to come. */
    private final DocAndFloatFeatureBuffer block = new DocAndFloatFeatureBuffer();
    private int next;

    private TokenPostings(StoredWeights stored, float weight, int frequency, float bound, PostingsEnum postings) {
        this.stored = stored;
        this.weight = weight;
        this.frequency = frequency;
        this.bound = bound;
        this.postings = postings;
    }

    /** @param documents of the segment, or more to do without bounds */
    static TokenPostings of(TermsEnum terms, StoredWeights stored, float weight, int documents) throws IOException {
        int frequency = terms.docFreq();
        float bound = frequency * COMMON < documents ? Float.POSITIVE_INFINITY : stored.score(weight, largest(terms.impacts(PostingsEnum.FREQS)));
        return new TokenPostings(stored, weight, frequency, bound, terms.postings(null, PostingsEnum.FREQS));
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

    /** @return the first document at or behind {@code target} */
    int advance(int target) throws IOException {
        if (next < block.size && block.docs[block.size - 1] >= target) {
            while (block.docs[next] < target) next++;
            return block.docs[next];
        }
        next = block.size;
        int at = postings.docID();
        return at >= target ? at : postings.advance(target);
    }

    /** @return 0 for a document without the token. @param document not before that of the last call */
    float score(int document) throws IOException {
        if (advance(document) != document) return 0;
        return next < block.size ? block.features[next] : stored.score(weight, postings.freq());
    }

    /**
     * Adds the scores of the documents in [base, to) to {@code sums}, where {@code base} is at 0.
     *
     * @param least a document whose sum comes to this is put into {@code reached}, less {@code base}, behind the {@code count} that are there
     * @return how many are in {@code reached} now
     */
    int add(double[] sums, int base, int to, double least, int[] reached, int count) throws IOException {
        int document = advance(base);
        while (document < to) {
            if (next == block.size) read();
            count = addBlock(sums, base, to, least, reached, count);
            document = next < block.size ? block.docs[next] : postings.docID();
        }
        return count;
    }

    /** Whole blocks: where a window ends among them is found while adding, which costs less than Lucene's search for it. */
    private void read() throws IOException {
        postings.nextPostings(DocIdSetIterator.NO_MORE_DOCS, block);
        stored.scores(weight, block.features, block.size);
        next = 0;
    }

    private int addBlock(double[] sums, int base, int to, double least, int[] reached, int count) {
        int[] documents = block.docs;
        float[] scores = block.features;
        int size = block.size;
        int at = next;
        for (; at < size && documents[at] < to; at++) {
            int document = documents[at] - base;
            double before = sums[document];
            double sum = before + scores[at];
            sums[document] = sum;
            if (sum >= least && before < least) reached[count++] = document;
        }
        next = at;
        return count;
    }
}
