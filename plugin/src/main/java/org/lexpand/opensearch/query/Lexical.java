// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of a {@code lexpand} query for the text itself: {@code "lexical": {"fields": ["title", "body"], "weight":
 * 0.3}}. The score is the sparse one plus the weight times the score of {@code match} (one field) or
 * {@code multi_match} (several) for the same text. Immutable and checked.
 *
 * @param fields distinct text fields; none: those of the index
 * @param weight in [0, {@link #LARGEST_WEIGHT}]; at 0 the text is not searched
 */
public record Lexical(List<String> fields, float weight) {
    /** The balance that keeps hybrid's quality on six collections of different kinds. */
    public static final float DEFAULT_WEIGHT = 0.3f;
    static final float LARGEST_WEIGHT = 1000;
    /** More fields would exceed the engine's limit of clauses with few words. */
    static final int MOST_FIELDS = 64;

    private static final String FIELDS = "fields";
    private static final String WEIGHT = "weight";

    public Lexical {
        fields = List.copyOf(fields);
        if (fields.size() > MOST_FIELDS) throw unfit(FIELDS, "at most " + MOST_FIELDS + " names", fields.size() + " names", "Name fewer");
        if (fields.stream().distinct().count() < fields.size()) throw unfit(FIELDS, "names once each", fields, "Remove one");
        if (!(weight >= 0 && weight <= LARGEST_WEIGHT)) {
            throw unfit(WEIGHT, "a number in [0, " + (int) LARGEST_WEIGHT + "]", weight, "Correct it");
        }
    }

    /** The keys that differ from their defaults. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new HashMap<>();
        if (!fields.isEmpty()) map.put(FIELDS, fields);
        if (weight != DEFAULT_WEIGHT) map.put(WEIGHT, weight);
        return map;
    }

    /** @throws IllegalArgumentException for anything but an object with these keys */
    static Lexical of(Object value) {
        if (!(value instanceof Map<?, ?> map)) throw refused("[lexical] to be {\"fields\": [...], \"weight\": number}", value, "Write an object");
        List<String> fields = List.of();
        float weight = DEFAULT_WEIGHT;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (FIELDS.equals(entry.getKey())) fields = names(entry.getValue());
            else if (WEIGHT.equals(entry.getKey())) weight = number(entry.getValue());
            else throw refused("only fields and weight in [lexical]", entry.getKey(), "Correct or remove it; a newer plugin may know it");
        }
        return new Lexical(fields, weight);
    }

    private static List<String> names(Object value) {
        if (value instanceof List<?> list && list.stream().allMatch(name -> name instanceof String text && !text.isBlank())) {
            return list.stream().map(String.class::cast).toList();
        }
        throw unfit(FIELDS, "a list of names", value, "Correct it");
    }

    private static float number(Object value) {
        if (value instanceof Number number) return number.floatValue();
        throw unfit(WEIGHT, "a number", value, "Correct it");
    }

    private static IllegalArgumentException unfit(String name, String wanted, Object actual, String advice) {
        return refused("[lexical." + name + "] to be " + wanted, actual, advice);
    }

    private static IllegalArgumentException refused(String expected, Object actual, String advice) {
        return new IllegalArgumentException("[lexpand] expected " + expected + ", got [" + actual + "]. " + advice + ".");
    }
}
