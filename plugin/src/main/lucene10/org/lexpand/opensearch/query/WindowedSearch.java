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
 * Sees each search of a shard before it runs. A search that scores only by one of Lexpand's queries gets a faster
 * scorer, with any filters around it: those of the request, of an alias, of a slice. A query with other scoring parts
 * (should, hybrid, function_score) or with a single token keeps Lucene's scorer.
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
            // A plugin may have wrapped the query by now, unlike the query as it was sent.
            if (!context.query().equals(context.searcher().rewrite(whole))) return;
            context.parsedQuery(new WindowedParsedQuery(context.searcher().rewrite(windowed), parsed));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** Highlighters and explanations read the query as it was sent. */
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

    /** @return null unless the only scoring clause is a sparse query, with or without a text's share */
    static WindowedSparseQuery windowed(Query query) {
        BooleanQuery.Builder filter = new BooleanQuery.Builder();
        Query scoring = scoringIn(query, filter);
        if (scoring == null || scoring instanceof SparseQuery sparse && sparse.weights().size() == 1) return null;
        BooleanQuery filters = filter.build();
        return new WindowedSparseQuery(scoring, filters.clauses().isEmpty() ? null : filters);
    }

    /** @param filter collects the filters around the sparse query */
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
        // An optional clause beside filters only adds to the score; a minimum of two can never be met by one clause.
        if (optional ? least > 1 || least == 0 && required : least > 0) return null;
        if (prohibited && !required) filter.add(new MatchAllDocsQuery(), BooleanClause.Occur.FILTER);
        return scoring == null ? null : scoringIn(scoring, filter);
    }
}
