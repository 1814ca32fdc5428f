// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.opensearch.index.query.ParsedQuery;
import org.opensearch.index.shard.SearchOperationListener;
import org.opensearch.search.internal.SearchContext;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Sees each search of a shard before it runs and gives one that scores by one of our queries alone its faster scorer, with
 * whatever filters are around it: those of the request, of an alias, of a slice. A query that scores by something
 * beside (should, hybrid, function_score) or by one token only stays with Lucene's.
 */
public final class WindowedSearch implements SearchOperationListener {

    @Override
    public void onPreQueryPhase(SearchContext context) {
        ParsedQuery parsed = context.parsedQuery();
        if (parsed == null) return;
        Query whole = context.buildFilteredQuery(parsed.query());
        WindowedSparseQuery windowed = windowed(whole);
        if (windowed == null) return;
        try {
            // A plugin may have put something around the query by now, which the query as it was sent lacks.
            if (!context.query().equals(context.searcher().rewrite(whole))) return;
            context.parsedQuery(new WindowedParsedQuery(context.searcher().rewrite(windowed), parsed));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** Highlighters and explanations look into the query as it was sent. */
    @Override
    public void onQueryPhase(SearchContext context, long tookInNanos) {
        if (context.parsedQuery() instanceof WindowedParsedQuery windowed) context.parsedQuery(windowed.sent);
    }

    private static final class WindowedParsedQuery extends ParsedQuery {
        private final ParsedQuery sent;

        WindowedParsedQuery(Query query, ParsedQuery sent) {
            super(query, sent);
            this.sent = sent;
        }
    }

    /** @return null unless one clause alone scores, and that is a sparse query, with a text's share or without */
    static WindowedSparseQuery windowed(Query query) {
        BooleanQuery.Builder filter = new BooleanQuery.Builder();
        Query scoring = scoringIn(query, filter);
        if (scoring == null || scoring instanceof SparseQuery sparse && sparse.weights().size() == 1) return null;
        BooleanQuery filters = filter.build();
        return new WindowedSparseQuery(scoring, filters.clauses().isEmpty() ? null : filters);
    }

    /** @param filter takes what limits the documents around the sparse query */
    private static Query scoringIn(Query query, BooleanQuery.Builder filter) {
        if (query instanceof SparseQuery || query instanceof HybridQuery) return query;
        if (!(query instanceof BooleanQuery around)) return null;
        Query scoring = null;
        boolean optional = false;
        boolean required = false;
        boolean prohibited = false;
        for (BooleanClause clause : around.clauses()) {
            if (clause.isScoring()) {
                if (scoring != null) return null;
                scoring = clause.query();
                optional = clause.occur() == BooleanClause.Occur.SHOULD;
            } else {
                filter.add(clause);
                required |= clause.isRequired();
                prohibited |= clause.isProhibited();
            }
        }
        int least = around.getMinimumNumberShouldMatch();
        // An optional clause beside filters only adds to the score; one that must be there twice never is.
        if (optional ? least > 1 || least == 0 && required : least > 0) return null;
        if (prohibited && !required) filter.add(new MatchAllDocsQuery(), BooleanClause.Occur.FILTER);
        return scoring == null ? null : scoringIn(scoring, filter);
    }
}
