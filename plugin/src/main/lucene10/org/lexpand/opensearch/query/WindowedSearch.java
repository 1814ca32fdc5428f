// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Query;
import org.opensearch.index.query.ParsedQuery;
import org.opensearch.index.shard.SearchOperationListener;
import org.opensearch.search.internal.SearchContext;

/**
 * Sees each search of a shard before it runs and gives one that asks a sparse field and nothing else its faster scorer.
 * Anything around or beside (filter, bool, hybrid, filtered alias, one token only) stays with Lucene's.
 */
public final class WindowedSearch implements SearchOperationListener {

    @Override
    public void onPreQueryPhase(SearchContext context) {
        ParsedQuery parsed = context.parsedQuery();
        SparseQuery sparse = parsed == null ? null : sparseIn(parsed.query());
        // The engine has rewritten the query by now and put its own filters around it where there are any.
        if (sparse == null || context.query().equals(sparse.clauses()) == false) return;
        context.parsedQuery(new ParsedQuery(new WindowedSparseQuery(sparse), parsed));
    }

    /** @return null unless the query is a sparse one, or a bool around nothing else */
    private static SparseQuery sparseIn(Query query) {
        if (query instanceof SparseQuery sparse) return sparse;
        return query instanceof BooleanQuery around && around.clauses().size() == 1 ? sparseIn(around.clauses().get(0).query()) : null;
    }
}
