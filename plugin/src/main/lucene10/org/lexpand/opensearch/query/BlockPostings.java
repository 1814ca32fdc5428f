// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.DocAndFloatFeatureBuffer;
import org.apache.lucene.search.DocIdSetIterator;

import java.io.IOException;

/** A clause whose documents and scores are read in blocks, or one by one where few are needed. */
abstract class BlockPostings extends WindowClause {
    private final DocIdSetIterator documents;
    /** Documents and their scores, read ahead of {@code documents}; those from {@code next} on are still to come. */
    private final DocAndFloatFeatureBuffer block = new DocAndFloatFeatureBuffer();
    private int next;

    BlockPostings(long frequency, float bound, DocIdSetIterator documents) {
        super(frequency, bound);
        this.documents = documents;
    }

    /** Fills the block with the next documents and their scores, all above 0, and moves behind them. */
    abstract void read(DocAndFloatFeatureBuffer block) throws IOException;

    /** The score of the document at which {@code documents} stands. */
    abstract float score() throws IOException;

    @Override
    final int advance(int target) throws IOException {
        if (next < block.size && block.docs[block.size - 1] >= target) {
            while (block.docs[next] < target) next++;
            return block.docs[next];
        }
        next = block.size;
        int at = documents.docID();
        return at >= target ? at : documents.advance(target);
    }

    @Override
    final float score(int document) throws IOException {
        if (advance(document) != document) return 0;
        return next < block.size ? block.features[next] : score();
    }

    @Override
    final int add(double[] sums, int base, int to, double least, int[] reached, int count) throws IOException {
        int document = advance(base);
        while (document < to) {
            if (next == block.size) {
                // Whole blocks are read; the end of a window is found while adding, which costs less than Lucene's
                // search for it.
                read(block);
                next = 0;
            }
            count = addBlock(sums, base, to, least, reached, count);
            document = next < block.size ? block.docs[next] : documents.docID();
        }
        return count;
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
