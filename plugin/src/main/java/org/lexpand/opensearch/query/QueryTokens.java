// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.lexpand.opensearch.model.Model;
import org.lexpand.opensearch.wordpiece.WordPieceTokenizer;

import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Turns a query text into distinct weighted word pieces (sparse/query/encode-query.ts). */
public final class QueryTokens {
    /** Lucene's limit for a feature query. */
    static final float LARGEST_WEIGHT = 64;

    private QueryTokens() {}

    /**
     * @param field field whose document frequencies count
     * @param reader may be null where there is no index, as in a percolator: the model's weights count alone then
     * @return piece to weight in (0, 64], in the order of the text; empty when no part of the text can be searched for
     * @throws IllegalArgumentException for more distinct pieces than a query may have clauses, or a boost that makes a
     *   weight leave (0, 64]; reading stops there
     */
    public static Map<String, Float> of(QueryParameters parameters, Model model, String field, IndexReader reader, DocumentFrequencies frequencies)
        throws IOException {
        Map<String, Float> weights = new LinkedHashMap<>();
        int budget = IndexSearcher.getMaxClauseCount();
        for (WordPieceTokenizer.Words words = model.tokenizer().words(parameters.query()); words.next();) {
            for (int id : words.ids()) {
                String piece = model.tokenizer().indexablePiece(id);
                if (piece == null || weights.containsKey(piece)) continue;
                double table = Math.min(model.table().weight(piece), LARGEST_WEIGHT);
                if (table <= 0) continue;
                if (weights.size() == budget) throw tooManyClauses(budget);
                double weight = parameters.idf() == IdfMode.MODEL || reader == null
                    ? table
                    : parameters.idf().weight(table, frequencies.idf(reader, new Term(field, piece)));
                weights.put(piece, (float) weight);
            }
        }
        if (weights.isEmpty()) return weights;
        float least = parameters.prune() * Collections.max(weights.values());
        weights.values().removeIf(weight -> weight < least);
        if (parameters.boost() != 1) weights.replaceAll((piece, weight) -> boosted(piece, weight, parameters.boost()));
        return weights;
    }

    private static float boosted(String piece, float weight, float boost) {
        float boosted = weight * boost;
        if (boosted >= Float.MIN_NORMAL && boosted <= LARGEST_WEIGHT) return boosted;
        throw new IllegalArgumentException(
            "[lexpand] expected a boosted weight in (0, " + (int) LARGEST_WEIGHT + "] for [" + piece + "], got [" + boosted + "]. Scale the boost " + boost + "."
        );
    }

    private static IllegalArgumentException tooManyClauses(int budget) {
        return new IllegalArgumentException(
            "[lexpand] expected at most "
                + budget
                + " distinct word pieces, got more. Shorten the query; the limit is indices.query.bool.max_clause_count."
        );
    }
}
