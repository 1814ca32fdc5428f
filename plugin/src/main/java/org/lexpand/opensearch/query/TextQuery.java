// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.lexpand.opensearch.model.IndexModel;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.mapper.ObjectMapper;
import org.opensearch.index.mapper.StringFieldType;
import org.opensearch.index.query.MatchQueryBuilder;
import org.opensearch.index.query.MultiMatchQueryBuilder;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryShardContext;

import java.io.IOException;
import java.util.List;

/** BM25 over the text fields, with their own analyzers and similarities. */
final class TextQuery {
    /** As in the TypeScript (pipelines/query/lexical-query.ts), with the measurement behind it. */
    private static final float TIE_BREAKER = 0.4f;

    private TextQuery() {}

    /** {@code match} for one field, else {@code multi_match}, where the best field counts and the others add a little. */
    static QueryBuilder of(List<String> fields, String text) {
        if (fields.size() == 1) return new MatchQueryBuilder(fields.get(0), text);
        return new MultiMatchQueryBuilder(text, fields.toArray(String[]::new)).tieBreaker(TIE_BREAKER);
    }

    /**
     * The query of the parameter {@code lexical} for one index.
     *
     * @return null where nothing can be found: a weight of 0, no word in the text, no such field in the mapping yet
     * @throws IllegalArgumentException for a field that is nested, holds no text, or is neither mapped nor a text field
     *   of the index
     */
    static Query of(QueryParameters parameters, IndexModel index, QueryShardContext context) throws IOException {
        Lexical lexical = parameters.lexical();
        if (lexical == null || lexical.weight() == 0) return null;
        List<String> names = lexical.fields().isEmpty() ? index.fields() : lexical.fields();
        List<String> fields = names.stream().filter(name -> isSearchable(name, parameters, index, context)).toList();
        if (fields.isEmpty()) return null;
        Query query = of(fields, parameters.query()).toQuery(context);
        return query == null || query instanceof MatchNoDocsQuery ? null : query;
    }

    private static boolean isSearchable(String name, QueryParameters parameters, IndexModel index, QueryShardContext context) {
        MappedFieldType field = context.fieldMapper(name);
        if (field instanceof StringFieldType) {
            if (!isNested(name, context)) return true;
            throw unfit(name, "a nested one", "Put a nested query beside this one");
        }
        // Dynamic mappings lack the index's own fields until the first document.
        if (field == null && (parameters.ignoreUnmapped() || index.fields().contains(name))) return false;
        throw unfit(name, field == null ? "no such field" : field.typeName(), "Name text fields of the mapping");
    }

    private static boolean isNested(String name, QueryShardContext context) {
        for (int dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
            ObjectMapper around = context.getObjectMapper(name.substring(0, dot));
            if (around != null && around.nested().isNested()) return true;
        }
        return false;
    }

    private static IllegalArgumentException unfit(String name, String actual, String advice) {
        return new IllegalArgumentException(
            "[lexpand] expected [lexical.fields] to be text or keyword fields outside nested objects, got [" + name + "], " + actual + ". " + advice + "."
        );
    }
}
