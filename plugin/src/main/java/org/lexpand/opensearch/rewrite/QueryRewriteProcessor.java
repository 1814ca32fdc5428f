// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.rewrite;

import org.lexpand.opensearch.query.QueryResources;
import org.opensearch.action.search.SearchRequest;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.ingest.ConfigurationUtils;
import org.opensearch.search.builder.SearchSourceBuilder;
import org.opensearch.search.pipeline.AbstractProcessor;
import org.opensearch.search.pipeline.Processor;
import org.opensearch.search.pipeline.SearchRequestProcessor;
import org.opensearch.search.sort.ScoreSortBuilder;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Search request processor {@code lexpand_query}: full-text queries of unchanged applications also search the sparse field.
 *
 * <pre>{"lexpand_query": {
 *   "fields": {"title": "body_sparse", "body": {"sparse_field": "body_sparse", "weight": 1.5}},
 *   "weight": 1.0, "text_weight": 1.0}}</pre>
 *
 * {@link QueryRewriter} tells which queries are rewritten. A query named {@code lexpand:off} stays as it is with everything in it; {@code search_pipeline=_none} switches the whole pipeline off for a request.
 */
public final class QueryRewriteProcessor extends AbstractProcessor implements SearchRequestProcessor {

    public static final String TYPE = "lexpand_query";

    private final QueryRewriter rewriter;

    QueryRewriteProcessor(String tag, String description, boolean ignoreFailure, QueryRewriter rewriter) {
        super(tag, description, ignoreFailure);
        this.rewriter = rewriter;
    }

    @Override
    public SearchRequest processRequest(SearchRequest request) {
        SearchSourceBuilder source = request.source();
        if (source == null || source.query() == null) return request;
        QueryBuilder rewritten = rewriter.rewrite(source.query(), isRanked(source));
        if (rewritten != source.query()) source.query(rewritten);
        return request;
    }

    /** Where hits are only counted or ordered by a field, the sparse part would add hits and improve nothing. */
    private static boolean isRanked(SearchSourceBuilder source) {
        if (source.size() == 0) return false;
        return source.sorts() == null || source.sorts().isEmpty() || source.sorts().stream().anyMatch(ScoreSortBuilder.class::isInstance);
    }

    @Override
    public String getType() {
        return TYPE;
    }

    QueryRewriter rewriter() {
        return rewriter;
    }

    /** Reads the processor's configuration. */
    public static final class Factory implements Processor.Factory<SearchRequestProcessor> {

        private static final float LEAST = 0.001f;
        private static final float MOST = 1000;

        private final QueryResources resources;

        public Factory(QueryResources resources) {
            this.resources = resources;
        }

        @Override
        public QueryRewriteProcessor create(
            Map<String, Processor.Factory<SearchRequestProcessor>> processors,
            String tag,
            String description,
            boolean ignoreFailure,
            Map<String, Object> config,
            Processor.PipelineContext context
        ) {
            Map<String, Object> fields = ConfigurationUtils.readMap(TYPE, tag, config, "fields");
            float weight = weight(tag, "weight", config.remove("weight"), 1f);
            float textWeight = weight(tag, "text_weight", config.remove("text_weight"), 1f);
            if (fields.isEmpty()) {
                throw refusal(tag, "fields", "expected text fields and their sparse fields, got none. Name at least one.");
            }
            Map<String, QueryRewriter.Target> targets = new LinkedHashMap<>();
            fields.forEach((field, value) -> targets.put(field, target(tag, field, value, weight)));
            return new QueryRewriteProcessor(tag, description, ignoreFailure, new QueryRewriter(targets, textWeight, resources));
        }

        private static QueryRewriter.Target target(String tag, String field, Object value, float weight) {
            String property = "fields." + field;
            if (value instanceof String sparseField && !sparseField.isEmpty()) return new QueryRewriter.Target(sparseField, weight);
            if (value instanceof Map<?, ?> options
                && options.get("sparse_field") instanceof String sparseField
                && !sparseField.isEmpty()
                && Set.of("sparse_field", "weight").containsAll(options.keySet())) {
                return new QueryRewriter.Target(sparseField, weight(tag, property + ".weight", options.get("weight"), weight));
            }
            throw refusal(
                tag,
                property,
                "expected the name of a sparse field or {\"sparse_field\", \"weight\"}, got [" + value + "]. Name the rank_features field."
            );
        }

        private static float weight(String tag, String property, Object value, float absent) {
            if (value == null) return absent;
            if (value instanceof Number number && number.floatValue() >= LEAST && number.floatValue() <= MOST) {
                return number.floatValue();
            }
            throw refusal(
                tag,
                property,
                "expected a number in [" + LEAST + ", " + MOST + "], got [" + value + "]. Scale the weights."
            );
        }

        private static RuntimeException refusal(String tag, String property, String message) {
            return ConfigurationUtils.newConfigurationException(TYPE, tag, property, message);
        }
    }
}
