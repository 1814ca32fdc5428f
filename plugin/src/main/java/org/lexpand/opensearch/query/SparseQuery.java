// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.document.FeatureField;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.TermQuery;
import org.lexpand.opensearch.impacts.ImpactsFieldMapper;
import org.opensearch.index.mapper.MappedFieldType;

import java.util.Map;

/**
 * Weighted tokens: scores the dot product of query weights and stored weights.
 *
 * <p>Inside other queries it becomes Lucene's own optional clauses, so that Lucene flattens and skips; where it is the
 * whole query, {@link WindowedSearch} gives it a faster scorer.
 */
final class SparseQuery extends Query {
    private static final String RANK_FEATURES = "rank_features";

    private final String field;
    private final StoredWeights stored;
    private final Map<String, Float> weights;
    /** Made once, because a search uses them three times and more. */
    private final BooleanQuery clauses;

    private SparseQuery(String field, StoredWeights stored, Map<String, Float> weights) {
        this.field = field;
        this.stored = stored;
        this.weights = weights;
        BooleanQuery.Builder builder = new BooleanQuery.Builder();
        weights.forEach((token, weight) -> builder.add(clause(token, weight), BooleanClause.Occur.SHOULD));
        this.clauses = builder.build();
    }

    static boolean asks(MappedFieldType field) {
        return RANK_FEATURES.equals(field.typeName()) || ImpactsFieldMapper.CONTENT_TYPE.equals(field.typeName());
    }

    /**
     * @param field one that {@link #asks} accepts
     * @param weights distinct tokens, weights in (0, 64]
     */
    static SparseQuery of(MappedFieldType field, Map<String, Float> weights) {
        boolean features = RANK_FEATURES.equals(field.typeName());
        return new SparseQuery(field.name(), features ? StoredWeights.FEATURES : StoredWeights.IMPACTS, weights);
    }

    String field() {
        return field;
    }

    StoredWeights stored() {
        return stored;
    }

    Map<String, Float> weights() {
        return weights;
    }

    /** Optional clauses with nothing around them, so that Lucene skips documents that cannot reach the top k. */
    BooleanQuery clauses() {
        return clauses;
    }

    private Query clause(String token, float weight) {
        if (stored == StoredWeights.FEATURES) return FeatureField.newLinearQuery(field, token, weight);
        TermQuery term = new TermQuery(new Term(field, token));
        return weight == 1 ? term : new BoostQuery(term, weight);
    }

    @Override
    public Query rewrite(IndexSearcher searcher) {
        return clauses;
    }

    @Override
    public void visit(QueryVisitor visitor) {
        clauses.visit(visitor);
    }

    @Override
    public String toString(String defaultField) {
        return clauses.toString(defaultField);
    }

    @Override
    public boolean equals(Object other) {
        return sameClassAs(other)
            && field.equals(((SparseQuery) other).field)
            && stored == ((SparseQuery) other).stored
            && weights.equals(((SparseQuery) other).weights);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * classHash() + field.hashCode()) + weights.hashCode();
    }
}
