// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.rewrite;

import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.IndexSearcher;
import org.opensearch.index.query.QueryBuilder;
import org.opensearch.index.query.QueryBuilderVisitor;

/**
 * How many clauses a request may still be given before the engine refuses it ({@code indices.query.bool.max_clause_count}
 * counts every leaf of the whole query).
 */
final class ClauseBudget {

    private int left;

    ClauseBudget(int left) {
        this.left = left;
    }

    /** What a query leaves of the engine's limit, as far as its leaves show before its texts are analysed. */
    static ClauseBudget of(QueryBuilder query) {
        Counter counter = new Counter();
        query.visit(counter);
        return new ClauseBudget(IndexSearcher.getMaxClauseCount() - counter.queries);
    }

    /**
     * Takes what a text can become at most: a word piece of each character for every sparse field, and the
     * clauses of the text query for every word. Analyzers that make several terms of a word (synonyms, n-grams) are not seen.
     *
     * @return false, and nothing is taken, when it is not left
     */
    boolean take(String text, int clausesAWord, int sparseFields) {
        long wanted = 0;
        boolean inWord = false;
        for (int at = 0; at < text.length();) {
            int character = text.codePointAt(at);
            at += Character.charCount(character);
            if (Character.isWhitespace(character)) {
                inWord = false;
                continue;
            }
            boolean joins = Character.isLetterOrDigit(character) && !Character.isIdeographic(character);
            if (!joins || !inWord) wanted += clausesAWord;
            inWord = joins;
            wanted += sparseFields;
            if (wanted > left) return false;
        }
        left -= (int) wanted;
        return true;
    }

    private static final class Counter implements QueryBuilderVisitor {

        private int queries;

        @Override
        public void accept(QueryBuilder query) {
            queries++;
        }

        @Override
        public QueryBuilderVisitor getChildVisitor(BooleanClause.Occur occur) {
            return this;
        }
    }
}
