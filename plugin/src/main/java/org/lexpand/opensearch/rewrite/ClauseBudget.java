// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.rewrite;

import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.IndexSearcher;
import org.opensearch.common.regex.Regex;
import org.opensearch.index.query.MatchQueryBuilder;
import org.opensearch.index.query.MultiMatchQueryBuilder;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryBuilderVisitor;
import org.opensearch.index.query.QueryStringQueryBuilder;
import org.opensearch.index.query.SimpleQueryStringBuilder;

import java.util.Map;

/**
 * Number of clauses that a request may still get before the engine refuses it ({@code
 * indices.query.bool.max_clause_count} counts every leaf of the whole query).
 */
final class ClauseBudget {

    /** Assumed number of fields of a pattern: only the shards know the true one. */
    private static final int FIELDS_OF_A_PATTERN = 16;

    private long left;

    private ClauseBudget(long left) {
        this.left = left;
    }

    /**
     * The part of the engine's limit that a query leaves, judged by its leaves before its texts are analysed: analyzers
     * that make several terms of a word (synonyms, n-grams) are not considered.
     */
    static ClauseBudget of(QueryBuilder query) {
        Counter counter = new Counter();
        query.visit(counter);
        return new ClauseBudget(IndexSearcher.getMaxClauseCount() - counter.clauses);
    }

    /**
     * Takes the largest number of clauses that a text can become: a word piece for each character and sparse field.
     *
     * @return false, without taking anything, when fewer are left
     */
    boolean take(String text, int sparseFields) {
        long wanted = sparseFields * text.codePoints().filter(character -> !Character.isWhitespace(character)).count();
        if (wanted > left) return false;
        left -= wanted;
        return true;
    }

    /** Words as most analyzers cut them; each ideograph and each sign is one. */
    private static long words(String text) {
        long words = 0;
        boolean inWord = false;
        for (int at = 0; at < text.length();) {
            int character = text.codePointAt(at);
            at += Character.charCount(character);
            boolean joins = Character.isLetterOrDigit(character) && !Character.isIdeographic(character);
            if (!Character.isWhitespace(character) && !(joins && inWord)) words++;
            inWord = joins;
        }
        return words;
    }

    private static long clauses(QueryBuilder query) {
        return switch (query) {
            case MatchQueryBuilder match when match.value() instanceof String text -> words(text)
                * (match.fuzziness() == null ? 1 : match.maxExpansions());
            case MultiMatchQueryBuilder match when match.value() instanceof String text -> words(text) * fields(match.fields())
                * (match.fuzziness() == null ? 1 : match.maxExpansions());
            case QueryStringQueryBuilder string -> words(string.queryString()) * fields(string.fields());
            case SimpleQueryStringBuilder string -> words(string.value()) * fields(string.fields());
            default -> 1;
        };
    }

    private static long fields(Map<String, Float> fields) {
        boolean hasPattern = fields.isEmpty() || fields.keySet().stream().anyMatch(Regex::isSimpleMatchPattern);
        return hasPattern ? Math.max(FIELDS_OF_A_PATTERN, fields.size()) : fields.size();
    }

    private static final class Counter implements QueryBuilderVisitor {

        private long clauses;

        @Override
        public void accept(QueryBuilder query) {
            clauses += ClauseBudget.clauses(query);
        }

        @Override
        public QueryBuilderVisitor getChildVisitor(BooleanClause.Occur occur) {
            return this;
        }
    }
}
