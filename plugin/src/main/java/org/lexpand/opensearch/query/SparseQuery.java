// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.document.FeatureField;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.lexpand.opensearch.impacts.ImpactsFieldMapper;
import org.opensearch.index.mapper.MappedFieldType;

import java.util.Map;

/** Weighted tokens as Lucene asks for them. */
final class SparseQuery {

    private static final String RANK_FEATURES = "rank_features";

    private SparseQuery() {}

    static boolean asks(MappedFieldType field) {
        return RANK_FEATURES.equals(field.typeName()) || ImpactsFieldMapper.CONTENT_TYPE.equals(field.typeName());
    }

    /**
     * The dot product of query weights and stored weights: optional clauses and nothing around them, so that Lucene
     * skips what cannot get into the top k.
     *
     * @param field one that {@link #asks} accepts
     * @param weights distinct tokens, weights in (0, 64]
     */
    static Query of(MappedFieldType field, Map<String, Float> weights) {
        boolean impacts = ImpactsFieldMapper.CONTENT_TYPE.equals(field.typeName());
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        weights.forEach(
            (token, weight) -> query.add(
                impacts ? impact(field.name(), token, weight) : FeatureField.newLinearQuery(field.name(), token, weight),
                BooleanClause.Occur.SHOULD
            )
        );
        return query.build();
    }

    /** The field's own similarity multiplies the boost and the stored weight. */
    private static Query impact(String field, String token, float weight) {
        TermQuery term = new TermQuery(new Term(field, token));
        return weight == 1 ? term : new BoostQuery(term, weight);
    }
}
