// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The weighted tokens that a Lucene query searches in a sparse field. Any query of the DSL may have made it:
 * {@code lexpand}, {@code neural_sparse} or {@code rank_feature} with the linear function.
 */
final class FeatureClauses extends QueryVisitor {

    private final String field;
    private final float boost;
    private final Map<String, Float> weights;

    private FeatureClauses(String field, float boost, Map<String, Float> weights) {
        this.field = field;
        this.boost = boost;
        this.weights = weights;
    }

    /** @return token to weight, in the order of the query; weights of a repeated token add up, as their scores do */
    static Map<String, Float> of(Query query, String field) {
        Map<String, Float> weights = new LinkedHashMap<>();
        if (query != null) query.visit(new FeatureClauses(field, 1, weights));
        return weights;
    }

    @Override
    public boolean acceptField(String name) {
        return name.equals(field);
    }

    @Override
    public QueryVisitor getSubVisitor(BooleanClause.Occur occur, Query parent) {
        if (occur == BooleanClause.Occur.MUST_NOT || occur == BooleanClause.Occur.FILTER) return QueryVisitor.EMPTY_VISITOR;
        return parent instanceof BoostQuery boosted ? new FeatureClauses(field, boost * boosted.getBoost(), weights) : this;
    }

    /** Term queries search a {@code lexpand_impacts} field. */
    @Override
    public void consumeTerms(Query query, Term... terms) {
        for (Term term : terms) weights.merge(term.text(), boost, Float::sum);
    }

    @Override
    public void visitLeaf(Query leaf) {
        // Lucene's FeatureQuery is not public and shows its token only in this form.
        String prefix = "FeatureQuery(field=" + field + ", feature=";
        String text = leaf.toString();
        int end = text.lastIndexOf(", function=LinearFunction)");
        if (end < prefix.length() || !text.startsWith(prefix)) return;
        weights.merge(text.substring(prefix.length(), end), boost, Float::sum);
    }
}
