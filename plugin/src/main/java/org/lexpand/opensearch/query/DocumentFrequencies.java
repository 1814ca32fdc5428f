// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Numbers of live documents of a shard that carry a token. A shard counts only its own documents, so small shards of
 * one index give a rare token different weights; copies of a shard, whose deleted documents differ, give it the same.
 * Counts are kept as long as a reader is open; a refresh opens another one.
 */
public final class DocumentFrequencies {
    /** A bound for all readers together, about 60 MB: a node may hold thousands of shards. */
    private static final int MOST_TOKENS = 500_000;
    /** Number of postings of a token that are checked for deleted documents: about 50 microseconds, once for each reader. */
    static final int MOST_COUNTED = 16_384;

    private final AtomicInteger remembered = new AtomicInteger();
    private final Map<IndexReader.CacheKey, Map<Term, Integer>> byReader = new ConcurrentHashMap<>();

    /** ln(1 + (N - df + .5) / (df + .5)), N = documents with the field; above 0. */
    public double idf(IndexReader reader, Term term) throws IOException {
        int frequency = frequency(reader, term);
        return idf(Math.max(frequency, documents(reader, term.field())), frequency);
    }

    /**
     * Estimates N: without reading all postings it is unknown which deleted documents had the field, so the share of
     * all documents is taken.
     */
    private static long documents(IndexReader reader, String field) throws IOException {
        double documents = 0;
        for (LeafReaderContext segment : reader.leaves()) documents += segment.reader().getDocCount(field) * liveShare(segment.reader());
        return Math.round(documents);
    }

    private static double liveShare(LeafReader segment) {
        return segment.hasDeletions() ? segment.numDocs() / (double) segment.maxDoc() : 1;
    }

    static double idf(long documents, long frequency) {
        return Math.log(1 + (documents - frequency + .5) / (frequency + .5));
    }

    int frequency(IndexReader reader, Term term) throws IOException {
        IndexReader.CacheHelper helper = reader.getReaderCacheHelper();
        if (helper == null) return count(reader, term);
        Map<Term, Integer> known = byReader.computeIfAbsent(helper.getKey(), key -> {
            helper.addClosedListener(this::forget);
            return new ConcurrentHashMap<>();
        });
        Integer found = known.get(term);
        if (found != null) return found;
        int counted = count(reader, term);
        if (remembered.get() < MOST_TOKENS && known.putIfAbsent(term, counted) == null) remembered.incrementAndGet();
        return counted;
    }

    /**
     * Exact for up to {@link #MOST_COUNTED} postings in segments with deletions; further segments count by their share
     * of live documents.
     */
    private static int count(IndexReader reader, Term term) throws IOException {
        double live = 0;
        int left = MOST_COUNTED;
        for (LeafReaderContext context : reader.leaves()) {
            LeafReader segment = context.reader();
            int frequency = segment.docFreq(term);
            if (frequency == 0 || !segment.hasDeletions()) {
                live += frequency;
            } else if (frequency > left) {
                live += frequency * liveShare(segment);
            } else {
                live += live(segment, term);
                left -= frequency;
            }
        }
        return (int) Math.round(live);
    }

    private static int live(LeafReader segment, Term term) throws IOException {
        Bits live = segment.getLiveDocs();
        PostingsEnum postings = segment.postings(term, PostingsEnum.NONE);
        int count = 0;
        for (int document = postings.nextDoc(); document != DocIdSetIterator.NO_MORE_DOCS; document = postings.nextDoc()) {
            if (live.get(document)) count++;
        }
        return count;
    }

    private void forget(IndexReader.CacheKey reader) {
        Map<Term, Integer> known = byReader.remove(reader);
        if (known != null) remembered.addAndGet(-known.size());
    }

    /** Number of tokens with a count. */
    int tokens() {
        return remembered.get();
    }

    /** Number of open readers with counts. */
    int readers() {
        return byReader.size();
    }
}
