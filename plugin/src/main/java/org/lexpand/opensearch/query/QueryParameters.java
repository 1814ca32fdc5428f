// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The parameters of a {@code lexpand} query. Immutable and checked.
 *
 * @param field the {@code rank_features} field
 * @param query the user's text, at most {@link #LONGEST_TEXT} UTF-16 units
 * @param prune in [0, 1): tokens lighter than this share of the heaviest one are left out
 * @param boost above 0: multiplied into the token weights, because a boost around the clauses would keep Lucene from
 *   flattening them into the surrounding query
 * @param ignoreUnmapped whether an index that Lexpand did not set up, that lacks the field or that fits no model of the
 *   node has no hits instead of causing an error
 * @param lexical search of the text itself; null for none
 */
public record QueryParameters(
    String field,
    String query,
    IdfMode idf,
    float prune,
    EmptyQuery empty,
    float boost,
    boolean ignoreUnmapped,
    Lexical lexical
) {
    /** As in the TypeScript (pipelines/search/search-request.ts). */
    public static final int LONGEST_TEXT = 20_000;

    static final String FIELD = "field";
    static final String QUERY = "query";
    static final String IDF = "idf";
    static final String PRUNE = "prune";
    static final String EMPTY = "empty";
    static final String BOOST = "boost";
    static final String IGNORE_UNMAPPED = "ignore_unmapped";
    static final String LEXICAL = "lexical";

    /** A query with the model's own weights. */
    public QueryParameters(String field, String query) {
        this(field, query, IdfMode.MODEL, 0, EmptyQuery.NONE, 1, false, null);
    }

    public QueryParameters {
        Objects.requireNonNull(idf);
        Objects.requireNonNull(empty);
        if (field == null || field.isBlank()) throw unfit(FIELD, "the name of a rank_features field", field, "Add it");
        if (query == null) throw unfit(QUERY, "a text", null, "Add it");
        if (query.length() > LONGEST_TEXT) {
            throw unfit(QUERY, "a text of at most " + LONGEST_TEXT + " characters", query.length() + " characters", "Shorten it");
        }
        if (!(prune >= 0 && prune < 1)) throw unfit(PRUNE, "a share in [0, 1)", prune, "Correct it");
        if (!(boost > 0 && boost < Float.POSITIVE_INFINITY)) throw unfit(BOOST, "a number above 0", boost, "Correct it");
    }

    /**
     * The parameters that differ from their defaults, by name: nodes with different plugin versions understand each
     * other as long as a query uses no parameter that the older one lacks.
     */
    Map<String, Object> toMap() {
        Map<String, Object> map = new HashMap<>();
        map.put(FIELD, field);
        map.put(QUERY, query);
        if (idf != IdfMode.MODEL) map.put(IDF, idf.toString());
        if (prune != 0) map.put(PRUNE, prune);
        if (empty != EmptyQuery.NONE) map.put(EMPTY, empty.toString());
        if (boost != 1) map.put(BOOST, boost);
        if (ignoreUnmapped) map.put(IGNORE_UNMAPPED, true);
        if (lexical != null) map.put(LEXICAL, lexical.toMap());
        return map;
    }

    /** @throws IllegalArgumentException for a name that this version does not know, or a value that does not fit */
    static QueryParameters of(Map<String, ?> map) {
        QueryParameters parameters = new QueryParameters(text(map, FIELD), text(map, QUERY));
        for (Map.Entry<String, ?> entry : map.entrySet()) {
            Object value = entry.getValue();
            parameters = switch (entry.getKey()) {
                case FIELD, QUERY -> parameters;
                case IDF -> parameters.with(IdfMode.of(text(map, IDF)));
                case EMPTY -> parameters.with(EmptyQuery.of(text(map, EMPTY)));
                case PRUNE -> parameters.withPrune(number(PRUNE, value));
                case BOOST -> parameters.withBoost(number(BOOST, value));
                case IGNORE_UNMAPPED -> parameters.withIgnoreUnmapped(flag(IGNORE_UNMAPPED, value));
                case LEXICAL -> parameters.with(Lexical.of(value));
                default -> throw new IllegalArgumentException(
                    "[lexpand] expected only field, query, idf, prune, empty, boost, ignore_unmapped, lexical and _name, got [" + entry.getKey() + "]. Correct or remove it; a newer plugin may know it."
                );
            };
        }
        return parameters;
    }

    public QueryParameters with(IdfMode idf) {
        return new QueryParameters(field, query, idf, prune, empty, boost, ignoreUnmapped, lexical);
    }

    public QueryParameters with(EmptyQuery empty) {
        return new QueryParameters(field, query, idf, prune, empty, boost, ignoreUnmapped, lexical);
    }

    public QueryParameters with(Lexical lexical) {
        return new QueryParameters(field, query, idf, prune, empty, boost, ignoreUnmapped, lexical);
    }

    public QueryParameters withPrune(float prune) {
        return new QueryParameters(field, query, idf, prune, empty, boost, ignoreUnmapped, lexical);
    }

    public QueryParameters withBoost(float boost) {
        return new QueryParameters(field, query, idf, prune, empty, boost, ignoreUnmapped, lexical);
    }

    public QueryParameters withIgnoreUnmapped(boolean ignoreUnmapped) {
        return new QueryParameters(field, query, idf, prune, empty, boost, ignoreUnmapped, lexical);
    }

    private static String text(Map<String, ?> map, String name) {
        Object value = map.get(name);
        if (value == null || value instanceof String) return (String) value;
        throw unfit(name, "a text", value, "Correct it");
    }

    private static float number(String name, Object value) {
        if (value instanceof Number number) return number.floatValue();
        throw unfit(name, "a number", value, "Correct it");
    }

    private static boolean flag(String name, Object value) {
        if (value instanceof Boolean flag) return flag;
        throw unfit(name, "true or false", value, "Correct it");
    }

    private static IllegalArgumentException unfit(String name, String wanted, Object actual, String advice) {
        return new IllegalArgumentException("[lexpand] expected [" + name + "] to be " + wanted + ", got [" + actual + "]. " + advice + ".");
    }
}
