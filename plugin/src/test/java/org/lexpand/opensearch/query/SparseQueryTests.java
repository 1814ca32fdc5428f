// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.TermQuery;
import org.lexpand.opensearch.LexpandPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.xcontent.MediaTypeRegistry;
import org.opensearch.index.IndexService;
import org.opensearch.index.engine.Engine;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.mapper.MapperExtrasModulePlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.test.OpenSearchSingleNodeTestCase;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public class SparseQueryTests extends OpenSearchSingleNodeTestCase {

    @Override
    protected Collection<Class<? extends Plugin>> getPlugins() {
        return List.of(LexpandPlugin.class, MapperExtrasModulePlugin.class);
    }

    public void testBothFieldTypesTakeTheSameDocumentsAndScoreTheDotProduct() throws Exception {
        IndexService index = createIndex("both", Settings.EMPTY, "_doc", "impacts", "type=lexpand_impacts", "features", "type=rank_features");
        String vector = "{\"wing\": 1.25, \"a.b\": 0.5, \"bird\": 2}";
        client().prepareIndex("both").setSource("{\"impacts\": " + vector + ", \"features\": " + vector + "}", MediaTypeRegistry.JSON).get();
        client().admin().indices().prepareRefresh("both").get();
        Map<String, Float> weights = new LinkedHashMap<>(Map.of("wing", 3f, "a.b", 1f, "river", 60f));
        try (Engine.Searcher searcher = index.getShard(0).acquireSearcher("test")) {
            for (String name : List.of("impacts", "features")) {
                MappedFieldType field = index.mapperService().fieldType(name);
                assertTrue(SparseQuery.asks(field));
                SparseQuery query = SparseQuery.of(field, weights);
                assertTrue(query.clauses().clauses().stream().allMatch(clause -> clause.occur() == BooleanClause.Occur.SHOULD));
                assertEquals(name, 4.25f, searcher.search(query, 10).scoreDocs[0].score, 0);
            }
            BooleanQuery alone = SparseQuery.of(index.mapperService().fieldType("impacts"), Map.of("wing", 1f)).clauses();
            assertTrue(alone.toString(), alone.clauses().get(0).query() instanceof TermQuery);
        }
        assertFalse(SparseQuery.asks(index.mapperService().fieldType("_id")));
    }
}
