// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.Query;

/** Names that differ between Lucene 9 and 10. */
final class Clauses {
    private Clauses() {}

    static Query queryOf(BooleanClause clause) {
        return clause.query();
    }
}
