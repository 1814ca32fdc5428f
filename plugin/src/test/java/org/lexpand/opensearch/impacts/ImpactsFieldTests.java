// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.impacts;

import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.IndexableFieldType;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.TermQuery;
import org.lexpand.opensearch.LexpandPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.core.common.bytes.BytesArray;
import org.opensearch.core.xcontent.MediaTypeRegistry;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.index.IndexService;
import org.opensearch.index.engine.Engine;
import org.opensearch.index.mapper.DocumentMapper;
import org.opensearch.index.mapper.MapperParsingException;
import org.opensearch.index.mapper.ParsedDocument;
import org.opensearch.index.mapper.SourceToParse;
import org.opensearch.index.query.QueryBuilders;
import org.opensearch.plugins.Plugin;
import org.opensearch.test.OpenSearchSingleNodeTestCase;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public class ImpactsFieldTests extends OpenSearchSingleNodeTestCase {
    private static final String FIELD = "body_sparse";

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(LexpandPlugin.class);
    }

    private IndexService index(String name) throws IOException {
        XContentBuilder mapping = XContentFactory.jsonBuilder().startObject().startObject("properties").startObject(FIELD);
        mapping.field("type", "lexpand_impacts").endObject().endObject().endObject();
        return createIndex(name, Settings.EMPTY, mapping);
    }

    private static ParsedDocument parsed(IndexService index, String source) {
        DocumentMapper mapper = index.mapperService().documentMapper();
        return mapper.parse(new SourceToParse("i", "1", new BytesArray(source), MediaTypeRegistry.JSON));
    }

    private static String field(String value) {
        return "{\"" + FIELD + "\": " + value + "}";
    }

    public void testTokensOfAnyCharactersKeepTheirWeightsAsFrequenciesWithoutNormsOrDocValues() throws IOException {
        IndexService index = index("kept");
        Map<String, Integer> expected = new LinkedHashMap<>();
        expected.put("fox", 161);
        expected.put("a.b..", 4);
        expected.put("##\\u00e9", 512);
        expected.put("__proto__", 16_384);
        expected.put("tiny", 1);
        String source = field("{\"fox\": 1.26, \"a.b..\": 0.03, \"##\\u00e9\": \"4\", \"__proto__\": 128, \"tiny\": 1e-9, \"absent\": null}");
        ParsedDocument document = parsed(index, source);
        IndexableFieldType type = document.rootDoc().getField(FIELD).fieldType();
        assertEquals(IndexOptions.DOCS_AND_FREQS, type.indexOptions());
        assertTrue(type.omitNorms());
        assertFalse(type.stored());
        assertEquals(DocValuesType.NONE, type.docValuesType());
        Map<String, Integer> found = new LinkedHashMap<>();
        client().prepareIndex("kept").setId("1").setSource(source, MediaTypeRegistry.JSON).get();
        client().admin().indices().prepareRefresh("kept").get();
        try (Engine.Searcher searcher = index.getShard(0).acquireSearcher("test")) {
            TermsEnum terms = searcher.getIndexReader().leaves().get(0).reader().terms(FIELD).iterator();
            while (terms.next() != null) {
                PostingsEnum postings = terms.postings(null, PostingsEnum.FREQS);
                postings.nextDoc();
                found.put(terms.term().utf8ToString().replace("\u00e9", "\\u00e9"), postings.freq());
            }
        }
        assertEquals(expected, found);
    }

    public void testAnEmptyObjectOrNullIsADocumentWithoutVector() throws IOException {
        IndexService index = index("without");
        for (String value : List.of("{}", "null", "{\"fox\": null}")) {
            IndexableField stored = parsed(index, field(value)).rootDoc().getField(FIELD);
            assertNull(value, stored);
        }
    }

    public void testWhatIsNoVectorIsRefusedWithAdvice() throws IOException {
        IndexService index = index("refused");
        StringBuilder many = new StringBuilder("{\"t\": 1");
        for (int token = 0; token < ImpactsFieldMapper.MOST_TOKENS; token++) many.append(", \"t").append(token).append("\": 1");
        Map<String, String> expected = Map.of(
            "\"fox\"",
            "expected an object of token to weight",
            "[{\"fox\": 1}, {\"dog\": 1}]",
            "expected one object in a document",
            "{\"fox\": 0}",
            "expected a weight in (0, 128] for [fox] in field [body_sparse], got 0.0",
            "{\"fox\": -1}",
            "got -1.0",
            "{\"fox\": 129}",
            "got 129.0",
            "{\"fox\": \"NaN\"}",
            "got NaN",
            "{\"fox\": [1]}",
            "expected a number for [fox]",
            "{\"\": 1}",
            "got 0 bytes",
            "{\"" + "x".repeat(32_767) + "\": 1}",
            "got 32767 bytes",
            many.append("}").toString(),
            "expected at most 65536 tokens"
        );
        expected.forEach((value, part) -> {
            Throwable refused = expectThrows(MapperParsingException.class, () -> parsed(index, field(value)));
            String message = "";
            for (Throwable cause = refused; cause != null; cause = cause.getCause()) message += cause.getMessage() + "\n";
            assertTrue(message, message.contains(part));
        });
    }

    public void testALongTokenIsNamedInWholeCharacters() throws IOException {
        IndexService index = index("cut");
        String token = "a" + "👍".repeat(60);
        Exception refused = expectThrows(MapperParsingException.class, () -> parsed(index, field("{\"" + token + "\": -1}")));
        String message = refused.getCause().getMessage();
        assertTrue(message, message.contains("a" + "👍".repeat(49) + "..."));
    }

    public void testATermScoresItsBoostTimesTheStoredWeightAndExistsFindsVectors() throws IOException {
        IndexService index = index("asked");
        client().prepareIndex("asked").setId("1").setSource(field("{\"fox\": 1.25, \"dog\": 0.5}"), MediaTypeRegistry.JSON).get();
        client().prepareIndex("asked").setId("2").setSource("{\"title\": \"fox\"}", MediaTypeRegistry.JSON).get();
        client().admin().indices().prepareRefresh("asked").get();
        var fox = QueryBuilders.termQuery(FIELD, "fox").boost(3);
        var hits = client().prepareSearch("asked").setQuery(fox).setExplain(true).get().getHits();
        assertEquals(1, hits.getTotalHits().value());
        assertEquals(3.75f, hits.getAt(0).getScore(), 0);
        Explanation explanation = hits.getAt(0).getExplanation();
        assertTrue(explanation.toString(), explanation.toString().contains("1.25 = stored weight"));
        var exists = client().prepareSearch("asked").setQuery(QueryBuilders.existsQuery(FIELD)).get().getHits();
        assertEquals(1, exists.getTotalHits().value());
        assertEquals("1", exists.getAt(0).getId());
        assertEquals(new TermQuery(new Term(FIELD, "a.b")), index.mapperService().fieldType(FIELD).termQuery("a.b", null));
        expectThrows(IllegalArgumentException.class, () -> index.mapperService().fieldType(FIELD).fielddataBuilder("i", () -> null));
    }

    public void testTheMappingIsReturnedAsItWasGivenAndCannotBecomeAnotherType() throws IOException {
        IndexService index = index("mapped");
        String mapping = index.mapperService().documentMapper().mappingSource().toString();
        assertTrue(mapping, mapping.contains("\"" + FIELD + "\":{\"type\":\"lexpand_impacts\"}"));
        String other = "{\"properties\": {\"" + FIELD + "\": {\"type\": \"keyword\"}}}";
        Exception refused = expectThrows(
            IllegalArgumentException.class,
            () -> client().admin().indices().preparePutMapping("mapped").setSource(other, MediaTypeRegistry.JSON).get()
        );
        assertTrue(refused.getMessage(), refused.getMessage().contains("cannot be changed"));
    }

    public void testQuantisationErrsByAtMostHalfAStepAndNeverLosesAToken() {
        for (float weight = 0.0001f; weight < 2; weight += 0.0037f) {
            float kept = Impacts.decode(Impacts.encode(weight));
            assertTrue(weight + " " + kept, weight < Impacts.STEP / 2 ? kept == Impacts.STEP : Math.abs(kept - weight) <= Impacts.STEP / 2);
            assertTrue(Impacts.encode(weight) <= 256);
        }
    }
}
