// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.FeatureField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.search.similarities.LMDirichletSimilarity;
import org.apache.lucene.search.similarities.PerFieldSimilarityWrapper;
import org.apache.lucene.search.similarities.Similarity;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.util.BytesRef;
import org.lexpand.opensearch.impacts.ImpactSimilarity;
import org.lexpand.opensearch.impacts.ImpactTokenStream;
import org.lexpand.opensearch.impacts.Impacts;
import org.lexpand.opensearch.impacts.ImpactsFieldMapper;
import org.opensearch.index.mapper.MappedFieldType;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;
import static org.opensearch.test.OpenSearchTestCase.randomBoolean;
import static org.opensearch.test.OpenSearchTestCase.randomDouble;
import static org.opensearch.test.OpenSearchTestCase.randomIntBetween;
import static org.opensearch.test.OpenSearchTestCase.rarely;

/** Documents with a vector in {@code f}, texts in {@code body} and {@code title}, and something to filter by. */
final class RandomIndex {
    static final int TOKENS = 24;
    static final int WORDS = 60;
    private static final double[] SHARES = { .9, .5, .1, .01 };

    /** Titles are scored by a similarity that gives many words 0. */
    static final Similarity SIMILARITY = new PerFieldSimilarityWrapper() {
        private final Similarity impacts = new ImpactSimilarity();
        private final Similarity body = new BM25Similarity();
        private final Similarity title = new LMDirichletSimilarity(1);

        @Override
        public Similarity get(String field) {
            return switch (field) {
                case "body" -> body;
                case "title" -> title;
                default -> impacts;
            };
        }
    };

    private RandomIndex() {}

    static Query filtered(Query query, Query filter) {
        return new BooleanQuery.Builder().add(query, BooleanClause.Occur.MUST).add(filter, BooleanClause.Occur.FILTER).build();
    }

    /** A filter that lets few or many documents through: from postings, from doc values one by one, or by exclusion. */
    static Query filter() {
        Query share = new TermQuery(new Term("share", "" + randomIntBetween(0, SHARES.length)));
        Query looking = NumericDocValuesField.newSlowRangeQuery("number", randomIntBetween(0, 3_000), randomIntBetween(0, 12_000));
        return switch (randomIntBetween(0, 3)) {
            case 0 -> looking;
            case 1 -> filtered(share, looking);
            case 2 -> new BooleanQuery.Builder().add(new MatchAllDocsQuery(), BooleanClause.Occur.FILTER)
                .add(share, BooleanClause.Occur.MUST_NOT)
                .build();
            default -> share;
        };
    }

    static void write(ByteBuffersDirectory directory, StoredWeights stored, int documents, boolean ties) throws IOException {
        IndexWriterConfig configuration = new IndexWriterConfig(new WhitespaceAnalyzer()).setSimilarity(SIMILARITY);
        if (randomBoolean()) configuration.setMergePolicy(NoMergePolicy.INSTANCE);
        try (IndexWriter writer = new IndexWriter(directory, configuration)) {
            for (int document = 0; document < documents; document++) {
                writer.addDocument(document(stored, document, ties));
                if (rarely() && randomIntBetween(0, 200) == 0) writer.commit();
            }
            if (randomBoolean()) {
                for (int document = 0; document < documents; document += randomIntBetween(1, 20)) {
                    writer.deleteDocuments(new Term("id", "" + document));
                }
            }
            if (randomBoolean()) writer.forceMerge(1);
        }
    }

    /** The first tokens are in most documents, the last in few. */
    private static Document document(StoredWeights stored, int number, boolean ties) {
        Document document = new Document();
        document.add(new StringField("id", "" + number, Field.Store.NO));
        document.add(new NumericDocValuesField("number", number));
        for (int share = 0; share < SHARES.length; share++) {
            if (randomDouble() < SHARES[share]) document.add(new StringField("share", "" + share, Field.Store.NO));
        }
        // Some documents have no text, some no vector, as before their encoding.
        if (randomDouble() < .9) document.add(new TextField("body", words(randomIntBetween(1, 12), ties), Field.Store.NO));
        if (randomDouble() < .5) document.add(new TextField("title", words(randomIntBetween(1, 5), ties), Field.Store.NO));
        if (randomDouble() < .1) return document;
        List<BytesRef> tokens = new ArrayList<>();
        int[] impacts = new int[TOKENS];
        for (int token = 0; token < TOKENS; token++) {
            if (randomDouble() > Math.pow(.75, token)) continue;
            float weight = ties ? randomIntBetween(1, 3) : (float) (0.02 + 3 * randomDouble());
            if (stored == StoredWeights.FEATURES) document.add(new FeatureField("f", "t" + token, weight));
            impacts[tokens.size()] = Impacts.encode(weight);
            tokens.add(new BytesRef("t" + token));
        }
        if (stored == StoredWeights.IMPACTS && !tokens.isEmpty()) {
            document.add(new Field("f", new ImpactTokenStream(tokens, impacts), ImpactsFieldMapper.POSTINGS));
        }
        return document;
    }

    /** The first words are in most texts, the last in few. */
    private static String words(int count, boolean ties) {
        return IntStream.range(0, ties ? 2 : count)
            .mapToObj(at -> "w" + (int) (WORDS * Math.pow(randomDouble(), 3)))
            .collect(Collectors.joining(" "));
    }

    static SparseQuery query(StoredWeights stored) {
        Map<String, Float> weights = new LinkedHashMap<>();
        int size = randomIntBetween(2, 10);
        while (weights.size() < size) {
            int token = randomIntBetween(0, TOKENS);
            weights.put("t" + token, (float) (randomBoolean() ? 1 + token / 2 : 0.1 + 0.6 * token * randomDouble()));
        }
        return query(stored, weights);
    }

    static SparseQuery query(StoredWeights stored, Map<String, Float> weights) {
        MappedFieldType field = mock(MappedFieldType.class);
        when(field.name()).thenReturn("f");
        when(field.typeName()).thenReturn(stored == StoredWeights.FEATURES ? "rank_features" : ImpactsFieldMapper.CONTENT_TYPE);
        return SparseQuery.of(field, weights);
    }
}
