// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.document.FeatureField;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Query;

import java.util.Map;

/** Weighted tokens as Lucene asks for them. */
final class SparseQuery {

    private SparseQuery() {}

    /**
     * The dot product of query weights and stored weights: optional clauses and nothing around them, so that Lucene
     * skips what cannot get into the top k.
     *
     * @param weights distinct tokens, weights in (0, 64]
     */
    static Query of(String field, Map<String, Float> weights) {
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        weights.forEach((token, weight) -> query.add(FeatureField.newLinearQuery(field, token, weight), BooleanClause.Occur.SHOULD));
        return query.build();
    }
}
