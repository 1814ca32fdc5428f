// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.lexpand.opensearch.LexpandPlugin;
import org.lexpand.opensearch.explain.ExplainExtBuilder;
import org.lexpand.opensearch.model.Model;
import org.lexpand.opensearch.model.Models;
import org.opensearch.action.search.SearchRequestBuilder;
import org.opensearch.action.search.SearchResponse;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.xcontent.XContentFactory;
import org.opensearch.core.xcontent.MediaTypeRegistry;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.index.query.BoolQueryBuilder;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryBuilders;
import org.opensearch.plugins.Plugin;
import org.opensearch.search.SearchHit;
import org.opensearch.search.aggregations.AggregationBuilders;
import org.opensearch.search.builder.SearchSourceBuilder;
import org.opensearch.search.collapse.CollapseBuilder;
import org.opensearch.search.slice.SliceBuilder;
import org.opensearch.search.sort.SortOrder;
import org.opensearch.test.OpenSearchSingleNodeTestCase;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

public class WindowedSearchTests extends OpenSearchSingleNodeTestCase {
    private static final Model MODEL = Models.load(null).bundled();
    private static final QueryResources RESOURCES = new QueryResources(Models.load(null), new DocumentFrequencies());

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(LexpandPlugin.class);
    }

    public void testOnlyAQueryThatIsNothingElseGetsTheWindowsAndResultsStayTheSame() throws Exception {
        index();
        LexpandQueryBuilder lexpand = new LexpandQueryBuilder(new QueryParameters("s", "wing bird"), RESOURCES);
        BoolQueryBuilder around = QueryBuilders.boolQuery().should(lexpand).minimumShouldMatch(1);
        BoolQueryBuilder filtered = QueryBuilders.boolQuery().must(lexpand).filter(QueryBuilders.termQuery("k", "1"));
        QueryBuilder mapped = QueryBuilders.existsQuery("k");
        QueryBuilder lightest = QueryBuilders.termQuery("s", "wing");
        BoolQueryBuilder optional = QueryBuilders.boolQuery().should(lexpand).should(QueryBuilders.matchAllQuery().boost(0));
        assertEquals("WindowedSparseQuery", type(lexpand));
        assertEquals("WindowedSparseQuery", type(around));
        assertEquals("WindowedSparseQuery", type(filtered));
        assertEquals("WindowedSparseQuery", type(QueryBuilders.boolQuery().should(around).filter(mapped).mustNot(lightest).minimumShouldMatch(1)));
        assertEquals("WindowedSparseQuery", type(QueryBuilders.boolQuery().should(lexpand).mustNot(lightest)));
        assertEquals("BooleanQuery", type(QueryBuilders.boolQuery().should(lexpand).filter(mapped)));
        assertEquals("BooleanQuery", type(QueryBuilders.boolQuery().must(lexpand).should(lightest)));
        assertEquals("BooleanQuery", type(optional));
        assertEquals("TermQuery", type(new LexpandQueryBuilder(new QueryParameters("s", "wing"), RESOURCES)).replace("BoostQuery", "TermQuery"));

        assertEquals(ids(optional, 5, 3), ids(lexpand, 5, 3));
        assertEquals(ids(optional, 0, 20), ids(around, 0, 20));
        SearchResponse explained = client().prepareSearch("windowed").setQuery(lexpand).setExplain(true).get();
        assertEquals(explained.getHits().getAt(0).getScore(), explained.getHits().getAt(0).getExplanation().getValue().floatValue(), 1e-5f);
    }

    public void testWhatIsAroundTheQueryChangesNothingButTheTime() throws Exception {
        index();
        for (int id = 0; id < 20; id += 7) client().prepareDelete("windowed", "" + id).get();
        client().admin().indices().prepareAliases().addAlias("windowed", "even", QueryBuilders.termQuery("k", "0")).get();
        client().admin().indices().prepareRefresh("windowed").get();
        QueryBuilder lexpand = new LexpandQueryBuilder(new QueryParameters("s", "wing bird"), RESOURCES);
        QueryBuilder odd = QueryBuilders.termQuery("k", "1");
        List<UnaryOperator<SearchRequestBuilder>> around = List.of(
            search -> search.setSize(3),
            search -> search.setFrom(2).setSize(3).setTrackTotalHits(true),
            search -> search.setPostFilter(odd),
            search -> search.setMinScore(9),
            search -> search.setCollapse(new CollapseBuilder("k")),
            search -> search.addSort("_score", SortOrder.DESC).addSort("n", SortOrder.ASC).searchAfter(new Object[] { 20f, 8 }),
            search -> search.addSort("n", SortOrder.DESC).setTrackScores(true),
            search -> search.addAggregation(AggregationBuilders.terms("k").field("k")),
            search -> search.setIndices("even"),
            search -> search.setIndices("even").slice(new SliceBuilder("n", 0, 2)).setScroll("1m")
        );
        for (QueryBuilder filter : List.of(QueryBuilders.rangeQuery("n").gte(3), odd, QueryBuilders.boolQuery().mustNot(odd), QueryBuilders.termQuery("k", "none"))) {
            BoolQueryBuilder windows = QueryBuilders.boolQuery().must(lexpand).filter(filter);
            BoolQueryBuilder clauses = QueryBuilders.boolQuery().must(lexpand).filter(filter).should(QueryBuilders.matchAllQuery().boost(0));
            for (int at = 0; at < around.size(); at++) {
                assertEquals(filter + " " + at, answer(around.get(at), clauses), answer(around.get(at), windows));
            }
        }
    }

    public void testATextAddsItsBm25AndFindsWhatHasNoVectorYet() throws Exception {
        index();
        String pending = "{\"body\": \"a rare bird\", \"k\": \"1\", \"n\": 20}";
        client().prepareIndex("windowed").setId("pending").setSource(pending, MediaTypeRegistry.JSON).get();
        client().admin().indices().prepareRefresh("windowed").get();
        QueryParameters sparse = new QueryParameters("s", "wing rare");
        QueryBuilder lexpand = new LexpandQueryBuilder(sparse.with(new Lexical(List.of(), 0.5f)), RESOURCES);
        QueryBuilder stock = QueryBuilders.boolQuery()
            .should(new LexpandQueryBuilder(sparse, RESOURCES))
            .should(QueryBuilders.matchQuery("body", "wing rare").boost(0.5f));
        assertEquals("WindowedSparseQuery", type(lexpand));
        List<String> hits = ids(lexpand, 0, 30);
        assertEquals(21, hits.size());
        assertEquals(ids(stock, 0, 30), hits);
        assertTrue(hits.toString(), hits.stream().anyMatch(hit -> hit.startsWith("pending ")));
        for (QueryBuilder filter : List.of(QueryBuilders.rangeQuery("n").gte(3), QueryBuilders.termQuery("k", "1"))) {
            assertEquals(
                ids(QueryBuilders.boolQuery().must(stock).filter(filter), 2, 5),
                ids(QueryBuilders.boolQuery().must(lexpand).filter(filter), 2, 5)
            );
        }
        SearchResponse explained = client().prepareSearch("windowed")
            .setSource(new SearchSourceBuilder().ext(List.of(new ExplainExtBuilder(true))).explain(true).size(30))
            .setQuery(QueryBuilders.boolQuery().must(lexpand).boost(2))
            .get();
        for (SearchHit hit : explained.getHits()) {
            Map<String, Float> shares = hit.field("lexpand_shares").getValue();
            assertEquals(hit.getScore(), shares.get("sparse") + shares.get("lexical"), 1e-5f * hit.getScore());
            assertEquals(hit.getId(), hit.getId().equals("pending"), shares.get("sparse") == 0);
            assertTrue(hit.getExplanation().toString(), hit.getExplanation().toString().contains("share of the text"));
        }
    }

    private String answer(UnaryOperator<SearchRequestBuilder> around, QueryBuilder query) {
        SearchResponse found = around.apply(client().prepareSearch("windowed").setQuery(query)).get();
        if (found.getScrollId() != null) client().prepareClearScroll().addScrollId(found.getScrollId()).get();
        List<String> hits = Arrays.stream(found.getHits().getHits()).map(hit -> hit.getId() + " " + hit.getScore()).toList();
        return hits + " of " + found.getHits().getTotalHits() + " " + (found.getAggregations() == null ? "" : found.getAggregations().asList().get(0));
    }

    private void index() throws Exception {
        XContentBuilder mapping = XContentFactory.jsonBuilder().startObject();
        mapping.field("_meta", Map.of("lexpand", TestSpecification.of(MODEL, "body", "s")));
        mapping.field("properties", Map.of("s", Map.of("type", "lexpand_impacts"), "k", Map.of("type", "keyword"), "n", Map.of("type", "integer")));
        createIndex("windowed", Settings.EMPTY, mapping.endObject());
        for (int id = 0; id < 20; id++) {
            String source = "{\"body\": \"wing " + "of ".repeat(id % 3) + "\", \"s\": {\"wing\": " + (1 + id % 5) + ", \"bird\": 0.5}, \"k\": \"" + id % 2 + "\", \"n\": " + id + "}";
            client().prepareIndex("windowed").setId("" + id).setSource(source, MediaTypeRegistry.JSON).get();
        }
        client().admin().indices().prepareRefresh("windowed").get();
    }

    private String type(QueryBuilder query) {
        SearchResponse found = client().prepareSearch("windowed").setQuery(query).setProfile(true).get();
        return found.getProfileResults().values().iterator().next().getQueryProfileResults().get(0).getQueryResults().get(0).getQueryName();
    }

    private List<String> ids(QueryBuilder query, int from, int size) {
        SearchResponse found = client().prepareSearch("windowed").setQuery(query).setFrom(from).setSize(size).setTrackTotalHits(false).get();
        return Arrays.stream(found.getHits().getHits()).map(hit -> hit.getId() + " " + hit.getScore()).toList();
    }
}
