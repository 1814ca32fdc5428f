// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.model;

import org.lexpand.opensearch.wordpiece.JavaScriptJson;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** The query side of a model: one fixed weight for each word piece. Equal to sparse/query/query-table.ts. Immutable. */
public final class QueryTable {
    private final Map<String, Double> weights;
    private final String hash;

    /**
     * @param json flat object {piece: weight}; weights that are not above 0 are left out
     * @throws IllegalArgumentException when it is not a flat object of finite numbers
     */
    QueryTable(Map<String, Object> json) {
        Map<String, Double> positive = new HashMap<>(2 * json.size());
        json.forEach((piece, weight) -> {
            if (!(weight instanceof Number number) || !Double.isFinite(number.doubleValue())) {
                throw new IllegalArgumentException(
                    "[query table] expected a finite number for [" + piece + "], got [" + weight + "]. Restore the model's query-table.json."
                );
            }
            if (number.doubleValue() > 0) positive.put(piece, number.doubleValue());
        });
        this.weights = Map.copyOf(positive);
        this.hash = hashOf(weights);
    }

    /** Weight of a piece in a query; 0 when the table lacks it, and the piece is then not searched for. */
    public double weight(String piece) {
        return weights.getOrDefault(piece, 0.0);
    }

    /** SHA-256 (hex) of the JSON array of [piece, weight] pairs ordered by piece (UTF-16 units), as in the TypeScript. */
    public String hash() {
        return hash;
    }

    private static String hashOf(Map<String, Double> weights) {
        StringBuilder json = new StringBuilder("[");
        new TreeMap<>(weights).forEach((piece, weight) -> {
            if (json.length() > 1) json.append(',');
            json.append('[');
            JavaScriptJson.append(json, piece);
            json.append(',').append(JavaScriptJson.number(weight)).append(']');
        });
        return JavaScriptJson.sha256(json.append(']').toString());
    }
}
