// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.document.Document;
import org.apache.lucene.document.FeatureField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.ConstantScoreScorer;
import org.apache.lucene.search.ConstantScoreWeight;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.search.Weight;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.util.BytesRef;
import org.lexpand.opensearch.impacts.ImpactSimilarity;
import org.lexpand.opensearch.impacts.ImpactTokenStream;
import org.lexpand.opensearch.impacts.Impacts;
import org.lexpand.opensearch.impacts.ImpactsFieldMapper;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.test.OpenSearchTestCase;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

public class WindowScorerTests extends OpenSearchTestCase {
    /** Whole pages in the same order with the same scores: ties, deleted documents, several segments, any k. */
    public void testEveryPageIsThatOfLucenesOwnScorer() throws IOException {
        int queries = 0;
        for (int round = 0; round < 16; round++) {
            StoredWeights stored = round % 2 == 0 ? StoredWeights.IMPACTS : StoredWeights.FEATURES;
            try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
                RandomIndex.write(directory, stored, randomIntBetween(1, 12_000), randomBoolean());
                try (DirectoryReader reader = DirectoryReader.open(directory)) {
                    IndexSearcher searcher = new IndexSearcher(reader);
                    searcher.setQueryCache(null);
                    searcher.setSimilarity(RandomIndex.SIMILARITY);
                    for (int query = 0; query < 200; query++, queries++) compare(searcher, RandomIndex.query(stored));
                }
            }
        }
        assertEquals(3_200, queries);
    }

    private static void compare(IndexSearcher searcher, SparseQuery query) throws IOException {
        Query filter = randomBoolean() ? null : RandomIndex.filter();
        Query plain = filter == null ? query : RandomIndex.filtered(query, filter);
        Query windowed = searcher.rewrite(new WindowedSparseQuery(query, filter));
        String asked = plain.toString();
        int size = randomFrom(1, 3, 10, 10, 50, 1_000);
        ScoreDoc after = null;
        for (int page = 0; page < 2; page++) {
            TopDocs expected = searcher.search(plain, new TopScoreDocCollectorManager(size, after, Integer.MAX_VALUE));
            TopDocs actual = searcher.search(windowed, new TopScoreDocCollectorManager(size, after, randomFrom(1, 100, Integer.MAX_VALUE)));
            assertEquals(asked, expected.scoreDocs.length, actual.scoreDocs.length);
            for (int at = 0; at < expected.scoreDocs.length; at++) {
                assertEquals(asked + " at " + at, expected.scoreDocs[at].doc, actual.scoreDocs[at].doc);
                assertEquals(asked + " at " + at, expected.scoreDocs[at].score, actual.scoreDocs[at].score, 0);
            }
            if (expected.scoreDocs.length == 0) return;
            after = expected.scoreDocs[expected.scoreDocs.length - 1];
        }
        assertEquals(searcher.count(plain), searcher.count(windowed));
        assertEquals(
            searcher.search(plain, 5, Sort.INDEXORDER, true).scoreDocs.length,
            searcher.search(windowed, 5, Sort.INDEXORDER, true).scoreDocs.length
        );
        assertEquals(searcher.explain(plain, 0).getValue(), searcher.explain(windowed, 0).getValue());
    }

    public void testOnlyWhatCanGetIntoThePageIsAskedOfAFilterThatHasToLook() throws IOException {
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
            indexCommonAndRare(directory);
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                SparseQuery query = RandomIndex.query(StoredWeights.FEATURES, new LinkedHashMap<>(Map.of("common", 1f, "rare", 1f)));
                CountingFilter filter = new CountingFilter();
                TopDocs found = searcher.search(new WindowedSparseQuery(query, filter), new TopScoreDocCollectorManager(10, null, 1));
                assertEquals(3f, found.scoreDocs[9].score, 0);
                assertTrue("" + filter.looks, filter.looks <= WindowScorer.WINDOW + 40);
            }
        }
    }

    /** Lets everything through, document by document. */
    private static final class CountingFilter extends Query {
        private int looks;

        @Override
        public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) {
            return new ConstantScoreWeight(this, boost) {
                @Override
                public ScorerSupplier scorerSupplier(LeafReaderContext context) {
                    TwoPhaseIterator documents = new TwoPhaseIterator(DocIdSetIterator.all(context.reader().maxDoc())) {
                        @Override
                        public boolean matches() {
                            looks++;
                            return true;
                        }

                        @Override
                        public float matchCost() {
                            return 1_000;
                        }
                    };
                    return new DefaultScorerSupplier(new ConstantScoreScorer(boost, mode, documents));
                }

                @Override
                public boolean isCacheable(LeafReaderContext context) {
                    return false;
                }
            };
        }

        @Override
        public void visit(QueryVisitor visitor) {
            visitor.visitLeaf(this);
        }

        @Override
        public String toString(String field) {
            return "counting";
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    public void testCommonTokensAreLookedUpOnlyForCandidates() throws IOException {
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
            indexCommonAndRare(directory);
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                SparseQuery query = RandomIndex.query(StoredWeights.FEATURES, new LinkedHashMap<>(Map.of("common", 1f, "rare", 1f)));
                TopDocs found = searcher.search(new WindowedSparseQuery(query, null), new TopScoreDocCollectorManager(10, null, 1));
                assertEquals(10, found.scoreDocs.length);
                assertEquals(3f, found.scoreDocs[9].score, 0);
                // The whole first window, and then at most the rare token's documents.
                assertTrue(found.totalHits.toString(), found.totalHits.value() <= WindowScorer.WINDOW + 40);
            }
        }
    }

    private static void indexCommonAndRare(ByteBuffersDirectory directory) throws IOException {
        try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            for (int document = 0; document < 40_000; document++) {
                Document fields = new Document();
                fields.add(new FeatureField("f", "common", 1));
                if (document % 1_000 == 0) fields.add(new FeatureField("f", "rare", 2));
                writer.addDocument(fields);
            }
            writer.forceMerge(1);
        }
    }
}
