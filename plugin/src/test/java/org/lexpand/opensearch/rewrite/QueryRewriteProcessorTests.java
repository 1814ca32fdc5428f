// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.rewrite;

import org.apache.lucene.search.join.ScoreMode;
import org.lexpand.opensearch.model.Models;
import org.lexpand.opensearch.query.DocumentFrequencies;
import org.lexpand.opensearch.query.LexpandQueryBuilder;
import org.lexpand.opensearch.query.QueryParameters;
import org.lexpand.opensearch.query.QueryResources;
import org.opensearch.OpenSearchParseException;
import org.opensearch.action.search.SearchRequest;
import org.opensearch.index.query.BoolQueryBuilder;
import org.opensearch.index.query.ConstantScoreQueryBuilder;
import org.opensearch.index.query.DisMaxQueryBuilder;
import org.opensearch.index.query.MatchQueryBuilder;
import org.opensearch.index.query.MultiMatchQueryBuilder;
import org.opensearch.index.query.Operator;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryBuilders;
import org.opensearch.index.query.QueryStringQueryBuilder;
import org.opensearch.index.query.SimpleQueryStringBuilder;
import org.opensearch.index.query.functionscore.FunctionScoreQueryBuilder;
import org.opensearch.index.query.functionscore.ScoreFunctionBuilders;
import org.opensearch.search.builder.SearchSourceBuilder;
import org.opensearch.search.sort.SortOrder;
import org.opensearch.test.OpenSearchTestCase;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

public class QueryRewriteProcessorTests extends OpenSearchTestCase {
    private static final QueryResources RESOURCES = new QueryResources(Models.load(null), new DocumentFrequencies());

    private static Map<String, Object> config() {
        return new HashMap<>(Map.of("fields", new HashMap<>(Map.of("body", "body_sparse", "title", "body_sparse"))));
    }

    private static QueryRewriteProcessor processor(Map<String, Object> config) {
        return new QueryRewriteProcessor.Factory(RESOURCES).create(Map.of(), "tag", "why", false, config, null);
    }

    private static QueryBuilder rewritten(QueryBuilder query) {
        return rewritten(query, config());
    }

    private static QueryBuilder rewritten(QueryBuilder query, Map<String, Object> config) {
        SearchRequest request = new SearchRequest().source(new SearchSourceBuilder().query(query));
        return processor(config).processRequest(request).source().query();
    }

    private static QueryBuilder rewritten(SearchSourceBuilder source) {
        return processor(config()).processRequest(new SearchRequest().source(source)).source().query();
    }

    private static QueryBuilder sparse(String text, float boost) {
        return new LexpandQueryBuilder(
            new QueryParameters("body_sparse", text).withBoost(boost).withIgnoreUnmapped(true),
            RESOURCES
        );
    }

    private static BoolQueryBuilder either(QueryBuilder text, QueryBuilder... sparse) {
        BoolQueryBuilder either = new BoolQueryBuilder().should(text).minimumShouldMatch(1);
        for (QueryBuilder one : sparse) either.should(one);
        return either;
    }

    private static void assertUntouched(Supplier<QueryBuilder> query) {
        assertEquals(query.get(), rewritten(query.get()));
    }

    public void testAMatchIsFoundByEitherSide() {
        assertEquals(either(new MatchQueryBuilder("body", "wing"), sparse("wing", 1)), rewritten(new MatchQueryBuilder("body", "wing")));
    }

    public void testBoostGoesAroundBothAndTheNameStaysWithTheText() {
        QueryBuilder query = new MatchQueryBuilder("body", "wing").boost(3).queryName("mine");
        assertEquals(
            either(new MatchQueryBuilder("body", "wing").queryName("mine"), sparse("wing", 1)).boost(3),
            rewritten(query)
        );
    }

    public void testWeightsKeepTheirRelationWithinWhatLuceneTakes() {
        Map<String, Object> config = new HashMap<>(Map.of("fields", Map.of("body", Map.of("sparse_field", "body_sparse", "weight", 100)), "text_weight", 50));
        assertEquals(
            either(new MatchQueryBuilder("body", "wing").boost(.5f), sparse("wing", 1)).boost(100),
            rewritten(new MatchQueryBuilder("body", "wing"), config)
        );
        config = new HashMap<>(Map.of("fields", Map.of("body", "body_sparse"), "weight", .5, "text_weight", .25));
        assertEquals(
            either(new MatchQueryBuilder("body", "wing").boost(.25f), sparse("wing", .5f)),
            rewritten(new MatchQueryBuilder("body", "wing"), config)
        );
    }

    public void testATextQueryThatAsksForItsWordsStillDecides() {
        for (MatchQueryBuilder strict : List.of(
            new MatchQueryBuilder("body", "wing bird").operator(Operator.AND),
            new MatchQueryBuilder("body", "wing bird").minimumShouldMatch("75%")
        )) {
            QueryBuilder expected = new BoolQueryBuilder().must(strict).should(sparse("wing bird", 1));
            assertEquals(expected, rewritten(strict));
        }
    }

    public void testWhereNoScorePutsHitsInOrderTheTextDecidesWhichAreFound() {
        Supplier<QueryBuilder> query = () -> new MatchQueryBuilder("body", "wing");
        QueryBuilder text = new BoolQueryBuilder().must(query.get()).should(sparse("wing", 1));
        QueryBuilder both = either(query.get(), sparse("wing", 1));
        assertEquals(text, rewritten(new SearchSourceBuilder().query(query.get()).size(0)));
        assertEquals(text, rewritten(new SearchSourceBuilder().query(query.get()).sort("date", SortOrder.DESC)));
        assertEquals(text, rewritten(new SearchSourceBuilder().query(query.get()).sort("date").trackScores(true)));
        assertEquals(both, rewritten(new SearchSourceBuilder().query(query.get()).sort("_score").sort("date")));
        assertEquals(both, rewritten(new SearchSourceBuilder().query(query.get()).size(1)));
    }

    public void testMultiMatchAsksEachSparseFieldOnce() {
        Supplier<MultiMatchQueryBuilder> query = () -> new MultiMatchQueryBuilder("wing", "title", "body", "other").field("x", 2);
        assertEquals(either(query.get(), sparse("wing", 1)), rewritten(query.get()));
        Supplier<MultiMatchQueryBuilder> pattern = () -> new MultiMatchQueryBuilder("wing", "bo*");
        assertEquals(either(pattern.get(), sparse("wing", 1)), rewritten(pattern.get()));
        for (MultiMatchQueryBuilder.Type type : MultiMatchQueryBuilder.Type.values()) {
            boolean isExact = type.name().endsWith("PHRASE") || type.name().endsWith("PREFIX");
            QueryBuilder result = rewritten(new MultiMatchQueryBuilder("wing", "body").type(type));
            assertEquals(type.name(), isExact, result instanceof MultiMatchQueryBuilder);
        }
    }

    public void testQueriesInsideOthersAreRewrittenWhereTheyScore() {
        QueryBuilder inner = either(new MatchQueryBuilder("body", "wing"), sparse("wing", 1));
        Supplier<QueryBuilder> match = () -> new MatchQueryBuilder("body", "wing");
        assertEquals(
            new BoolQueryBuilder().must(inner).should(new BoolQueryBuilder().should(inner)).filter(match.get()).mustNot(match.get()),
            rewritten(
                new BoolQueryBuilder().must(match.get())
                    .should(new BoolQueryBuilder().should(match.get()))
                    .filter(match.get())
                    .mustNot(match.get())
            )
        );
        assertEquals(new DisMaxQueryBuilder().add(inner).tieBreaker(.3f), rewritten(new DisMaxQueryBuilder().add(match.get()).tieBreaker(.3f)));
        assertEquals(
            QueryBuilders.boostingQuery(inner, match.get()).negativeBoost(.5f).queryName("n"),
            rewritten(QueryBuilders.boostingQuery(match.get(), match.get()).negativeBoost(.5f).queryName("n"))
        );
        FunctionScoreQueryBuilder score = new FunctionScoreQueryBuilder(match.get(), ScoreFunctionBuilders.weightFactorFunction(2)).setMinScore(1).maxBoost(7).boost(2);
        FunctionScoreQueryBuilder expected = new FunctionScoreQueryBuilder(inner, ScoreFunctionBuilders.weightFactorFunction(2)).setMinScore(1).maxBoost(7).boost(2);
        assertEquals(expected, rewritten(score));
    }

    public void testWhatDoesNotScoreOrIsNotMarkedStaysAsItIs() {
        assertUntouched(() -> new MatchQueryBuilder("other", "wing"));
        assertUntouched(() -> new MatchQueryBuilder("body", 5));
        assertUntouched(() -> new MatchQueryBuilder("body", "  "));
        assertUntouched(() -> new ConstantScoreQueryBuilder(new MatchQueryBuilder("body", "wing")));
        assertUntouched(() -> QueryBuilders.nestedQuery("a", new MatchQueryBuilder("body", "wing"), ScoreMode.Avg));
        assertUntouched(() -> QueryBuilders.matchPhraseQuery("body", "wing"));
        assertUntouched(() -> new MultiMatchQueryBuilder("wing"));
        SearchRequest withoutSource = new SearchRequest();
        assertSame(withoutSource, processor(config()).processRequest(withoutSource));
        SearchRequest withoutQuery = new SearchRequest().source(new SearchSourceBuilder());
        assertNull(processor(config()).processRequest(withoutQuery).source().query());
    }

    public void testAQueryNamedOffStaysAsItIsWithAllThatItContains() {
        assertUntouched(() -> new MatchQueryBuilder("body", "wing").queryName("lexpand:off"));
        assertUntouched(() -> new BoolQueryBuilder().must(new MatchQueryBuilder("body", "wing")).queryName("lexpand:off"));
    }

    public void testTextsThatCouldPassTheClauseLimitStayAsTheyAre() {
        String text = "a".repeat(500) + " " + "b".repeat(500);
        assertTrue(rewritten(new MatchQueryBuilder("body", text)) instanceof BoolQueryBuilder);
        assertUntouched(() -> new MatchQueryBuilder("body", text + " c c c c c c c c c c c c"));
        assertUntouched(() -> new MatchQueryBuilder("body", "中".repeat(513)));
        assertUntouched(() -> new MultiMatchQueryBuilder("a ".repeat(120), "body", "b", "c", "d", "e", "f", "g", "h"));
        assertUntouched(() -> new MatchQueryBuilder("body", "a ".repeat(30)).fuzziness("AUTO"));
        BoolQueryBuilder many = new BoolQueryBuilder();
        for (int at = 0; at < 5; at++) many.should(new MatchQueryBuilder("body", "c".repeat(300)));
        long rewritten = ((BoolQueryBuilder) rewritten(many)).should().stream().filter(BoolQueryBuilder.class::isInstance).count();
        assertEquals(3, rewritten);
    }

    public void testWhatALexpandQueryWouldRefuseStaysAsItIs() {
        assertUntouched(() -> new MatchQueryBuilder("body", "wing" + " ".repeat(QueryParameters.LONGEST_TEXT)));
        Map<String, Object> heavy = new HashMap<>(Map.of("fields", Map.of("body", "body_sparse"), "weight", 1000));
        QueryBuilder boosted = new MatchQueryBuilder("body", "wing").boost(Float.MAX_VALUE);
        assertSame(boosted, rewritten(boosted, heavy));
    }

    public void testTextsOfOtherQueriesCountToo() {
        String words = "a ".repeat(60);
        for (QueryBuilder other : List.of(
            new MatchQueryBuilder("other", "a ".repeat(1020)),
            new MultiMatchQueryBuilder(words, "other*"),
            new QueryStringQueryBuilder(words + words),
            new SimpleQueryStringBuilder(words + words)
        )) {
            assertUntouched(() -> new BoolQueryBuilder().must(new MatchQueryBuilder("body", "w".repeat(70))).filter(other));
        }
    }

    public void testWrongConfigurationIsRefusedWithWhatToDo() {
        assertRefused("fields", null, "[fields] required property is missing");
        assertRefused("fields", Map.of(), "[fields] expected text fields and their sparse fields, got none. Name at least one.");
        assertRefused("fields", Map.of("body", 3), "[fields.body] expected the name of a sparse field");
        assertRefused("fields", Map.of("body", Map.of("weight", 1)), "[fields.body] expected the name of a sparse field");
        assertRefused("fields", Map.of("body", Map.of("sparse_field", "s", "wight", 1)), "[fields.body] expected the name of a sparse field");
        assertRefused("fields", Map.of("body", Map.of("sparse_field", "s", "weight", 0)), "[fields.body.weight] expected a number in [0.001, 1000.0], got [0]");
        assertRefused("weight", "heavy", "[weight] expected a number");
        assertRefused("text_weight", -1, "[text_weight] expected a number");
    }

    private static void assertRefused(String key, Object value, String message) {
        Map<String, Object> config = config();
        if (value == null) config.remove(key);
        else config.put(key, value);
        Exception refusal = expectThrows(OpenSearchParseException.class, () -> processor(config));
        assertTrue(refusal.getMessage(), refusal.getMessage().contains(message));
    }
}
