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
 * How many clauses a request may still be given before the engine refuses it ({@code indices.query.bool.max_clause_count}
 * counts every leaf of the whole query).
 */
final class ClauseBudget {

    /** How many fields a pattern stands for is known to the shards only. */
    private static final int FIELDS_OF_A_PATTERN = 16;

    private long left;

    private ClauseBudget(long left) {
        this.left = left;
    }

    /**
     * What a query leaves of the engine's limit, as far as its leaves show before its texts are analysed: analyzers
     * that make several terms of a word (synonyms, n-grams) are not seen.
     */
    static ClauseBudget of(QueryBuilder query) {
        Counter counter = new Counter();
        query.visit(counter);
        return new ClauseBudget(IndexSearcher.getMaxClauseCount() - counter.clauses);
    }

    /**
     * Takes what a text can become at most: a word piece of each character for every sparse field.
     *
     * @return false, and nothing is taken, when it is not left
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
