// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.Term;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many documents of a shard carry a token, as Lucene knows it: deleted documents count until they are merged away,
 * and each shard knows its own documents only, so that small shards of one index weigh a rare token differently.
 * Remembered as long as a reader is open; a refresh opens another one.
 */
public final class DocumentFrequencies {
    /** All readers together take about 60 MB then. A node may hold thousands of shards. */
    private static final int MOST_TOKENS = 500_000;

    private final AtomicInteger remembered = new AtomicInteger();
    private final Map<IndexReader.CacheKey, Map<Term, Integer>> byReader = new ConcurrentHashMap<>();

    /** ln(1 + (N - df + .5) / (df + .5)), N = documents with the field; above 0. */
    public double idf(IndexReader reader, Term term) throws IOException {
        return idf(reader.getDocCount(term.field()), frequency(reader, term));
    }

    static double idf(long documents, long frequency) {
        return Math.log(1 + (documents - frequency + .5) / (frequency + .5));
    }

    int frequency(IndexReader reader, Term term) throws IOException {
        IndexReader.CacheHelper helper = reader.getReaderCacheHelper();
        if (helper == null) return reader.docFreq(term);
        Map<Term, Integer> known = byReader.computeIfAbsent(helper.getKey(), key -> {
            helper.addClosedListener(this::forget);
            return new ConcurrentHashMap<>();
        });
        Integer found = known.get(term);
        if (found != null) return found;
        int counted = reader.docFreq(term);
        if (remembered.get() < MOST_TOKENS && known.putIfAbsent(term, counted) == null) remembered.incrementAndGet();
        return counted;
    }

    private void forget(IndexReader.CacheKey reader) {
        Map<Term, Integer> known = byReader.remove(reader);
        if (known != null) remembered.addAndGet(-known.size());
    }

    /** How many tokens are remembered. */
    int tokens() {
        return remembered.get();
    }

    /** How many open readers are remembered. */
    int readers() {
        return byReader.size();
    }
}
