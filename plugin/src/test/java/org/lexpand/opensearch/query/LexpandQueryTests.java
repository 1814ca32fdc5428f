// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.document.Document;
import org.apache.lucene.document.FeatureField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.lexpand.opensearch.LexpandPlugin;
import org.lexpand.opensearch.model.Model;
import org.lexpand.opensearch.model.Models;
import org.opensearch.common.compress.CompressedXContent;
import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.core.common.ParsingException;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.index.mapper.MapperExtrasModulePlugin;
import org.opensearch.index.mapper.MapperService;
import org.opensearch.index.query.BoolQueryBuilder;
import org.opensearch.index.query.QueryShardContext;
import org.opensearch.plugins.Plugin;
import org.opensearch.test.AbstractQueryTestCase;
import org.opensearch.test.TestGeoShapeFieldMapperPlugin;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

public class LexpandQueryTests extends AbstractQueryTestCase<LexpandQueryBuilder> {
    private static final Models MODELS = Models.load(null);
    private static final Model MODEL = MODELS.bundled();
    private static final QueryResources RESOURCES = new QueryResources(MODELS, new DocumentFrequencies());
    private static final String FIELD = "body_sparse";
    private static final List<List<String>> TEXTS = List.of(List.of(), List.of(TEXT_FIELD_NAME), List.of(TEXT_FIELD_NAME, KEYWORD_FIELD_NAME));

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(LexpandPlugin.class, MapperExtrasModulePlugin.class, TestGeoShapeFieldMapperPlugin.class);
    }

    @Override
    protected void initializeAdditionalMappings(MapperService mapperService) throws IOException {
        XContentBuilder mapping = XContentFactory.jsonBuilder().startObject().startObject("_doc");
        mapping.field("_meta", Map.of("lexpand", TestSpecification.of(MODEL, TEXT_FIELD_NAME, FIELD)));
        Map<String, Object> nested = Map.of("type", "nested", "properties", Map.of("body", Map.of("type", "text")));
        mapping.field("properties", Map.of(FIELD, Map.of("type", "rank_features"), "parts", nested));
        mapping.endObject().endObject();
        mapperService.merge("_doc", new CompressedXContent(mapping.toString()), MapperService.MergeReason.MAPPING_UPDATE);
    }

    /** The boost is one of Lexpand's own parameters and goes into the token weights. */
    @Override
    protected boolean supportsBoost() {
        return false;
    }

    @Override
    protected LexpandQueryBuilder doCreateTestQueryBuilder() {
        QueryParameters parameters = new QueryParameters(FIELD, randomFrom("wing flight bird", "wing", "the bird of the river", "!", "")).with(
            randomFrom(IdfMode.values())
        );
        if (randomBoolean()) parameters = parameters.withPrune(randomFrom(0.1f, 0.5f));
        if (randomBoolean()) parameters = parameters.withBoost(randomFrom(0.5f, 2f));
        if (randomBoolean()) parameters = parameters.with(new Lexical(randomFrom(TEXTS), randomFrom(0f, 0.3f, 1f)));
        return builder(parameters.with(randomFrom(EmptyQuery.NONE, EmptyQuery.LEXICAL)));
    }

    @Override
    protected void doAssertLuceneQuery(LexpandQueryBuilder builder, Query query, QueryShardContext context) throws IOException {
        Map<String, Float> weights = builder.weights(context);
        QueryParameters parameters = builder.parameters();
        // In one field alone "!" has no words; a keyword field takes any text.
        boolean hasWords = !parameters.query().isEmpty() && !parameters.query().equals("!") || fields(parameters).size() > 1;
        boolean lexical = hasWords && parameters.lexical() != null && parameters.lexical().weight() > 0;
        if (weights.isEmpty()) {
            boolean found = lexical || parameters.empty() == EmptyQuery.LEXICAL && !parameters.query().isEmpty();
            assertTrue(query.toString(), found || query instanceof MatchNoDocsQuery);
            return;
        }
        assertEquals(query.toString(), lexical, query instanceof HybridQuery);
        SparseQuery sparse = query instanceof HybridQuery hybrid ? hybrid.sparse() : (SparseQuery) query;
        BooleanQuery clauses = sparse.clauses();
        assertEquals(weights.size(), clauses.clauses().size());
        assertTrue(clauses.clauses().stream().allMatch(clause -> clause.occur() == BooleanClause.Occur.SHOULD));
        assertEquals(expected(weights), clauses);
        if (!lexical) return;
        Query text = TextQuery.of(fields(parameters), parameters.query()).toQuery(context);
        assertEquals(HybridQuery.weighted(text, parameters.lexical().weight() * parameters.boost()), ((HybridQuery) query).text());
    }

    private static List<String> fields(QueryParameters parameters) {
        boolean own = parameters.lexical() == null || parameters.lexical().fields().isEmpty();
        return own ? List.of(TEXT_FIELD_NAME) : parameters.lexical().fields();
    }

    public void testATextOfUnmappedFieldsOfTheIndexFindsByVectorsAlone() throws IOException {
        QueryParameters parameters = new QueryParameters(FIELD, "wing").with(new Lexical(List.of("missing"), 1));
        assertTrue(builder(parameters.withIgnoreUnmapped(true)).doToQuery(createShardContext()) instanceof SparseQuery);
    }

    public void testTextFieldsOfAnotherKindAreRefusedByName() {
        QueryParameters parameters = new QueryParameters(FIELD, "wing");
        assertRefused("got [missing], no such field", parameters.with(new Lexical(List.of("missing"), 1)));
        assertRefused("got [mapped_int], integer", parameters.with(new Lexical(List.of(TEXT_FIELD_NAME, INT_FIELD_NAME), 1)));
        assertRefused("got [body_sparse], rank_features", parameters.with(new Lexical(List.of(FIELD), 1)));
        assertRefused("got [parts.body], a nested one", parameters.with(new Lexical(List.of("parts.body"), 1)));
    }

    public void testWordsAndPiecesShareTheLimitOfClauses() {
        QueryParameters pieces = new QueryParameters(FIELD, words(600));
        assertRefused("word pieces and words of [lexical] together", pieces.with(new Lexical(List.of(), 1)));
    }

    public void testAnOlderNodeRefusesATextByTheNameOfTheParameter() {
        Map<String, Object> sent = new QueryParameters(FIELD, "wing").with(new Lexical(List.of(TEXT_FIELD_NAME), 0.5f)).toMap();
        assertEquals(Map.of("field", FIELD, "query", "wing", "lexical", Map.of("fields", List.of(TEXT_FIELD_NAME), "weight", 0.5f)), sent);
        assertEquals(Map.of(), new QueryParameters(FIELD, "wing").with(Lexical.of(Map.of())).toMap().get("lexical"));
    }

    @Override
    public void testMustRewrite() throws IOException {
        LexpandQueryBuilder builder = builder(new QueryParameters(FIELD, "wing"));
        assertSame(builder, builder.rewrite(createShardContext()));
    }

    public void testWeightsAreThoseOfTheTableOnceForEachPiece() throws IOException {
        Map<String, Float> weights = builder(new QueryParameters(FIELD, "Wing wing, [SEP] bird.")).weights(createShardContext());
        // A table may give signs and stop words no weight.
        List<String> queried = Stream.of("wing", ",", "bird").filter(piece -> MODEL.table().weight(piece) > 0).toList();
        assertEquals(queried, List.copyOf(weights.keySet()));
        assertEquals((float) MODEL.table().weight("wing"), weights.get("wing"), 0);
    }

    public void testABoostGoesIntoTheWeightsSoThatClausesAreFlattenedIntoTheQueryBeside() throws IOException {
        QueryShardContext context = createShardContext();
        QueryParameters plain = new QueryParameters(FIELD, "wing bird");
        Map<String, Float> doubled = new HashMap<>(builder(plain).weights(context));
        doubled.replaceAll((piece, weight) -> 2 * weight);
        assertEquals(doubled, builder(plain.withBoost(2)).weights(context));
        Query inside = new BoolQueryBuilder().should(builder(plain.withBoost(2))).should(builder(new QueryParameters(FIELD, "river"))).toQuery(context);
        BooleanQuery flat = (BooleanQuery) new IndexSearcher(emptyReader()).rewrite(inside);
        assertTrue(flat.toString(), flat.clauses().stream().noneMatch(clause -> clause.query() instanceof BooleanQuery));
    }

    public void testABoostThatLeavesTheRangeOfAWeightIsRefused() {
        assertRefused("expected a boosted weight in (0, 64]", new QueryParameters(FIELD, "wing").withBoost(1000));
        assertRefused("expected a boosted weight in (0, 64]", new QueryParameters(FIELD, "wing").withBoost(Float.MIN_NORMAL / 64));
    }

    public void testPruneLeavesLightTokensOut() throws IOException {
        float wing = (float) MODEL.table().weight("wing");
        float people = (float) MODEL.table().weight("people");
        assertTrue(people > 0 && people < wing);
        QueryParameters parameters = new QueryParameters(FIELD, "wing people");
        Map<String, Float> both = Map.of("wing", wing, "people", people);
        assertEquals(both, builder(parameters.withPrune(0.99f * people / wing)).weights(createShardContext()));
        assertEquals(Map.of("wing", wing), builder(parameters.withPrune(1.01f * people / wing)).weights(createShardContext()));
    }

    public void testManyTokensAreRefusedWithTheLimit() {
        // Letters and Chinese characters of the vocabulary: each one a piece.
        String text = IntStream.range(0x4e00, 0x9fff).mapToObj(Character::toString).collect(Collectors.joining(" ", "", " " + words(1_200)));
        assertRefused("expected at most 1024 distinct word pieces", new QueryParameters(FIELD, text.substring(text.length() - 12_000)));
    }

    private static String words(int count) {
        StringBuilder text = new StringBuilder();
        int found = 0;
        for (int id = 2_000; found < count; id++) {
            String piece = MODEL.tokenizer().indexablePiece(id);
            if (piece == null || !piece.matches("[a-z]{2,8}")) continue;
            text.append(piece).append(' ');
            found++;
        }
        return text.toString();
    }

    public void testAnEmptyQueryIsRefusedWhereTheUserWantsThat() {
        assertRefused("got none", new QueryParameters(FIELD, "\u0000 .").with(EmptyQuery.ERROR));
    }

    public void testAFieldOfAnotherKindIsRefused() {
        assertRefused("got [text]", new QueryParameters(TEXT_FIELD_NAME, "wing"));
        assertRefused("got [no such field]", new QueryParameters("missing", "wing"));
    }

    public void testMalformedQueriesAreRefusedWithAdvice() {
        List<String> expected = List.of(
            "{\"lexpand\": {}}",
            "[field]",
            "{\"lexpand\": {\"field\": \"f\"}}",
            "[query]",
            "{\"lexpand\": {\"field\": \"f\", \"query\": 3}}",
            "expected [query] to be a text, got [3]",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"idf\": \"none\"}}",
            "[model, corpus, blend]",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"prune\": 1}}",
            "a share in [0, 1)",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"boost\": -1}}",
            "a number above 0",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"model\": \"m\"}}",
            "got [model]",
            "{\"lexpand\": {\"f\": {\"query\": \"q\"}}}",
            "expected a plain value for [f]",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"lexical\": true}}",
            "[lexical] to be {\"fields\": [...], \"weight\": number}, got [true]",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"lexical\": {\"weight\": -1}}}",
            "[lexical.weight] to be a number in [0, 1000], got [-1.0]",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"lexical\": {\"weight\": \"auto\"}}}",
            "[lexical.weight] to be a number, got [auto]",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"lexical\": {\"fields\": \"body\"}}}",
            "[lexical.fields] to be a list of names",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"lexical\": {\"fields\": [\"body\", \"body\"]}}}",
            "names once each",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"q\", \"lexical\": {\"analyzer\": \"english\"}}}",
            "only fields and weight in [lexical]",
            "{\"lexpand\": {\"field\": \"f\", \"query\": \"" + "x".repeat(QueryParameters.LONGEST_TEXT + 1) + "\"}}",
            "at most 20000 characters"
        );
        for (int at = 0; at < expected.size(); at += 2) {
            String json = expected.get(at);
            String message = expectThrows(ParsingException.class, () -> parseQuery(json)).getMessage();
            assertTrue(message, message.contains(expected.get(at + 1)));
        }
    }

    public void testANodeOfAnotherVersionIsUnderstoodByParameterNames() throws IOException {
        BytesStreamOutput newer = new BytesStreamOutput();
        newer.writeFloat(1);
        newer.writeOptionalString(null);
        newer.writeMap(Map.of("field", FIELD, "query", "wing"));
        assertEquals(builder(new QueryParameters(FIELD, "wing")), new LexpandQueryBuilder(newer.bytes().streamInput(), RESOURCES));
        newer.reset();
        newer.writeFloat(1);
        newer.writeOptionalString(null);
        newer.writeMap(Map.of("field", FIELD, "query", "wing", "invented", true));
        Exception refused = expectThrows(
            IllegalArgumentException.class,
            () -> new LexpandQueryBuilder(newer.bytes().streamInput(), RESOURCES)
        );
        assertTrue(refused.getMessage(), refused.getMessage().contains("got [invented]"));
    }

    public void testCorpusWeightsCountTheDocumentsOfTheReaderAndFollowARefresh() throws IOException {
        DocumentFrequencies frequencies = new DocumentFrequencies();
        QueryParameters corpus = new QueryParameters(FIELD, "wing bird").with(IdfMode.CORPUS);
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory(); IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            for (int document = 0; document < 10; document++) add(writer, document == 0 ? "bird" : "wing");
            try (DirectoryReader reader = DirectoryReader.open(writer)) {
                Map<String, Float> weights = QueryTokens.of(corpus, MODEL, FIELD, reader, frequencies);
                assertEquals(Math.log(1 + (10 - 9 + .5) / 9.5), weights.get("wing"), 1e-6);
                assertEquals(Math.log(1 + (10 - 1 + .5) / 1.5), weights.get("bird"), 1e-6);
                Map<String, Float> blend = QueryTokens.of(corpus.with(IdfMode.BLEND), MODEL, FIELD, reader, frequencies);
                assertEquals((MODEL.table().weight("bird") + weights.get("bird")) / 2, blend.get("bird"), 1e-6);
                assertEquals(1, frequencies.readers());
                add(writer, "bird");
                try (DirectoryReader refreshed = DirectoryReader.openIfChanged(reader)) {
                    assertEquals(2, frequencies.frequency(refreshed, new Term(FIELD, "bird")));
                    assertEquals(1, frequencies.frequency(reader, new Term(FIELD, "bird")));
                    assertEquals(2, frequencies.readers());
                    assertEquals(3, frequencies.tokens());
                }
                assertEquals(1, frequencies.readers());
                assertEquals(2, frequencies.tokens());
            }
            assertEquals(0, frequencies.readers());
            assertEquals(0, frequencies.tokens());
        }
    }

    public void testDeletedDocumentsDoNotCountAndCopiesOfAShardAgree() throws IOException {
        DocumentFrequencies frequencies = new DocumentFrequencies();
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory(); IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
            int many = DocumentFrequencies.MOST_COUNTED + 1_000;
            for (int document = 0; document < many; document++) {
                Document fields = new Document();
                fields.add(new FeatureField(FIELD, "wing", 1));
                if (document % 10 == 0) fields.add(new FeatureField(FIELD, "bird", 1));
                fields.add(new StringField("group", "" + document % 10, Field.Store.NO));
                writer.addDocument(fields);
            }
            writer.commit();
            for (int group = 0; group < 5; group++) writer.deleteDocuments(new Term("group", "" + group));
            int left = many / 10 * 5 + Math.max(0, many % 10 - 5);
            try (DirectoryReader reader = DirectoryReader.open(writer)) {
                assertEquals(left, reader.numDocs());
                // One token is counted, the other has more postings than are checked.
                assertEquals(0, frequencies.frequency(reader, new Term(FIELD, "bird")));
                assertEquals(left, frequencies.frequency(reader, new Term(FIELD, "wing")), 1);
                assertEquals(Math.log(1 + (left + .5) / .5), frequencies.idf(reader, new Term(FIELD, "bird")), 1e-3);
                assertTrue(frequencies.idf(reader, new Term(FIELD, "wing")) > 0);
            }
        }
    }

    private static void add(IndexWriter writer, String token) throws IOException {
        Document document = new Document();
        document.add(new FeatureField(FIELD, token, 1));
        writer.addDocument(document);
    }

    private static IndexReader emptyReader() throws IOException {
        ByteBuffersDirectory directory = new ByteBuffersDirectory();
        new IndexWriter(directory, new IndexWriterConfig()).close();
        return DirectoryReader.open(directory);
    }

    private static Query expected(Map<String, Float> weights) {
        BooleanQuery.Builder clauses = new BooleanQuery.Builder();
        weights.forEach((token, weight) -> clauses.add(FeatureField.newLinearQuery(FIELD, token, weight), BooleanClause.Occur.SHOULD));
        return clauses.build();
    }

    private void assertRefused(String part, QueryParameters parameters) {
        Exception refused = expectThrows(IllegalArgumentException.class, () -> builder(parameters).doToQuery(createShardContext()));
        assertTrue(refused.getMessage(), refused.getMessage().contains(part));
    }

    private static LexpandQueryBuilder builder(QueryParameters parameters) {
        return new LexpandQueryBuilder(parameters, RESOURCES);
    }
}
