// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.SynonymQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.opensearch.test.OpenSearchTestCase;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

public class HybridQueryTests extends OpenSearchTestCase {

    /** Deleted documents, several segments, filters, ties, any k, documents of one share only. */
    public void testEveryPageIsThatOfTheSumsOfBothShares() throws IOException {
        int found = 0;
        for (int round = 0; round < 8; round++) {
            StoredWeights stored = round % 2 == 0 ? StoredWeights.IMPACTS : StoredWeights.FEATURES;
            try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
                RandomIndex.write(directory, stored, randomIntBetween(1, 6_000), randomBoolean());
                try (DirectoryReader reader = DirectoryReader.open(directory)) {
                    IndexSearcher searcher = new IndexSearcher(reader);
                    searcher.setQueryCache(null);
                    searcher.setSimilarity(RandomIndex.SIMILARITY);
                    for (int query = 0; query < 40; query++) found += compare(searcher, RandomIndex.query(stored), text());
                }
            }
        }
        assertTrue("" + found, found > 1_000);
    }

    private static int compare(IndexSearcher searcher, SparseQuery sparse, Query text) throws IOException {
        float weight = randomFrom(.3f, 1f, 7f);
        Query filter = randomBoolean() ? null : RandomIndex.filter();
        HybridQuery hybrid = HybridQuery.of(sparse, text, weight);
        List<ScoreDoc> sums = sums(searcher, limited(sparse, filter), limited(text, filter), weight);
        Query windowed = searcher.rewrite(new WindowedSparseQuery(hybrid, filter));
        String asked = hybrid + " beside " + filter;
        int size = randomFrom(1, 2, 10, 10, 37, 100);
        ScoreDoc after = null;
        for (int page = 0; page < 2; page++) {
            TopDocs expected = searcher.search(limited(hybrid, filter), new TopScoreDocCollectorManager(size, after, Integer.MAX_VALUE));
            TopDocs actual = searcher.search(windowed, new TopScoreDocCollectorManager(size, after, randomFrom(1, 100, Integer.MAX_VALUE)));
            List<ScoreDoc> rest = sums.subList(Math.min(page * size, sums.size()), Math.min((page + 1) * size, sums.size()));
            assertEquals(asked, rest.size(), actual.scoreDocs.length);
            for (int at = 0; at < rest.size(); at++) {
                float score = actual.scoreDocs[at].score;
                assertEquals(asked + " at " + at, rest.get(at).score, score, 1e-5f * score);
                assertEquals(asked + " at " + at, expected.scoreDocs[at].score, score, 0);
                assertEquals(asked + " at " + at, expected.scoreDocs[at].doc, actual.scoreDocs[at].doc);
            }
            if (rest.isEmpty()) break;
            after = actual.scoreDocs[rest.size() - 1];
        }
        assertEquals(asked, sums.size(), searcher.count(windowed));
        assertEquals(asked, sums.size(), searcher.search(windowed, new TopScoreDocCollectorManager(1, null, Integer.MAX_VALUE)).totalHits.value());
        return sums.size();
    }

    private static Query limited(Query query, Query filter) {
        return filter == null ? query : RandomIndex.filtered(query, filter);
    }

    /** Brute force: the scores of all documents by either query, added up. */
    private static List<ScoreDoc> sums(IndexSearcher searcher, Query sparse, Query text, float weight) throws IOException {
        int all = Math.max(1, searcher.getIndexReader().maxDoc());
        TreeMap<Integer, Double> sums = new TreeMap<>();
        for (ScoreDoc hit : searcher.search(sparse, all).scoreDocs) sums.put(hit.doc, (double) hit.score);
        for (ScoreDoc hit : searcher.search(text, all).scoreDocs) sums.merge(hit.doc, (double) weight * hit.score, Double::sum);
        List<ScoreDoc> ranked = new ArrayList<>();
        sums.forEach((document, sum) -> ranked.add(new ScoreDoc(document, (float) (double) sum)));
        ranked.sort(Comparator.<ScoreDoc>comparingDouble(hit -> -hit.score).thenComparingInt(hit -> hit.doc));
        return ranked;
    }

    /**
     * Queries like those of {@code match} and {@code multi_match}: words of one field or of the better of two, some
     * with synonyms or phrases.
     */
    private static Query text() {
        if (randomBoolean()) return words("body");
        if (rarely()) return words("title");
        return new DisjunctionMaxQuery(List.of(words("body"), new BoostQuery(words("title"), randomFrom(1f, 2f))), randomFrom(0f, .4f, 1f));
    }

    private static Query words(String field) {
        BooleanQuery.Builder words = new BooleanQuery.Builder();
        int count = randomIntBetween(1, 5);
        for (int at = 0; at < count; at++) words.add(word(field), BooleanClause.Occur.SHOULD);
        return words.build();
    }

    private static Query word(String field) {
        Term term = term(field);
        return switch (randomIntBetween(0, 9)) {
            case 0 -> new SynonymQuery.Builder(field).addTerm(term).addTerm(term(field)).build();
            case 1 -> new PhraseQuery(field, term.bytes(), term(field).bytes());
            case 2 -> new MatchNoDocsQuery();
            default -> new TermQuery(term);
        };
    }

    private static Term term(String field) {
        return new Term(field, "w" + randomIntBetween(0, RandomIndex.WORDS));
    }

    public void testAWeakTextIsLookedUpOnlyForCandidates() throws IOException {
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
            RandomIndex.write(directory, StoredWeights.FEATURES, 12_000, false);
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                SparseQuery sparse = RandomIndex.query(StoredWeights.FEATURES, new TreeMap<>(Map.of("t0", .01f, "t20", 60f)));
                Query hybrid = HybridQuery.of(sparse, new TermQuery(new Term("body", "w0")), .01f);
                int all = searcher.count(hybrid);
                TopDocs found = searcher.search(new WindowedSparseQuery(hybrid, null), new TopScoreDocCollectorManager(1, null, 1));
                assertTrue(all + " " + found.totalHits, found.totalHits.value() < all / 2);
            }
        }
    }

    public void testAnExplanationTellsTheSharesApart() throws IOException {
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
            RandomIndex.write(directory, StoredWeights.IMPACTS, 500, false);
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                searcher.setSimilarity(RandomIndex.SIMILARITY);
                // A text that cannot match anything leaves only the sparse query, which has no shares.
                Query text = new BooleanQuery.Builder().add(words("body"), BooleanClause.Occur.SHOULD)
                    .add(new TermQuery(new Term("body", "w0")), BooleanClause.Occur.SHOULD)
                    .build();
                HybridQuery hybrid = HybridQuery.of(RandomIndex.query(StoredWeights.IMPACTS), text, .3f);
                for (ScoreDoc hit : searcher.search(hybrid, 20).scoreDocs) {
                    Explanation explained = searcher.explain(hybrid, hit.doc);
                    assertEquals(hit.score, explained.getValue().floatValue(), 0);
                    assertEquals(2, explained.getDetails().length);
                    float sum = explained.getDetails()[0].getValue().floatValue() + explained.getDetails()[1].getValue().floatValue();
                    assertEquals(hit.score, sum, 1e-5f * hit.score);
                    assertTrue(explained.toString(), explained.getDetails()[0].getDescription().contains("[f]"));
                }
            }
        }
    }

    public void testItStaysItselfAndItsTextKeepsFlatWeights() throws IOException {
        SparseQuery sparse = RandomIndex.query(StoredWeights.IMPACTS, new TreeMap<>(Map.of("t1", 1f, "t2", 2f)));
        Query word = new TermQuery(new Term("body", "w1"));
        Query other = new BoostQuery(new TermQuery(new Term("body", "w2")), 2);
        Query text = new BooleanQuery.Builder().add(word, BooleanClause.Occur.SHOULD).add(other, BooleanClause.Occur.SHOULD).build();
        HybridQuery hybrid = HybridQuery.of(sparse, text, .5f);
        assertEquals(hybrid, HybridQuery.of(sparse, text, .5f));
        assertEquals(hybrid.hashCode(), HybridQuery.of(sparse, text, .5f).hashCode());
        assertNotEquals(hybrid, HybridQuery.of(sparse, text, .25f));
        assertNotEquals(hybrid, HybridQuery.of(sparse, word, .5f));
        Query expected = new BooleanQuery.Builder().add(new BoostQuery(word, .5f), BooleanClause.Occur.SHOULD)
            .add(new TermQuery(new Term("body", "w2")), BooleanClause.Occur.SHOULD)
            .build();
        assertEquals(expected, hybrid.text());
    }
}
