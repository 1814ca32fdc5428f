// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.FilterWeight;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Weight;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The sum of the sparse field's share and the text's share; finds documents with either.
 *
 * <p>Scored as one flat list of optional clauses, so that Lucene can skip documents by all of them; where it is the
 * whole query, {@link WindowedSearch} gives it a faster scorer. It stays a query of its own because an explanation
 * shows both shares.
 */
public final class HybridQuery extends Query {
    private final SparseQuery sparse;
    private final Query text;

    private HybridQuery(SparseQuery sparse, Query text) {
        this.sparse = sparse;
        this.text = text;
    }

    /**
     * @param text text query with the fields' own scores
     * @param weight of the text, above 0
     * @throws IndexSearcher.TooManyClauses when both together exceed the limit of a query
     */
    static HybridQuery of(SparseQuery sparse, Query text, float weight) {
        HybridQuery query = new HybridQuery(sparse, weighted(text, weight));
        query.clauses();
        return query;
    }

    SparseQuery sparse() {
        return sparse;
    }

    /** The text's share, weight included. */
    Query text() {
        return text;
    }

    /** The summands of the score, by their names in explanations. */
    public Map<String, Query> shares() {
        Map<String, Query> shares = new LinkedHashMap<>();
        shares.put("sparse", sparse);
        shares.put("lexical", text);
        return shares;
    }

    /** Puts a weight on each clause of a text query: a weight around them would keep Lucene from flattening and skipping. */
    static Query weighted(Query text, float weight) {
        BooleanQuery.Builder clauses = new BooleanQuery.Builder();
        addTo(clauses, text, weight);
        return clauses.build();
    }

    private static void addTo(BooleanQuery.Builder clauses, Query query, float weight) {
        if (query instanceof BoostQuery boosted) {
            addTo(clauses, boosted.getQuery(), weight * boosted.getBoost());
        } else if (isDisjunction(query)) {
            for (BooleanClause clause : (BooleanQuery) query) addTo(clauses, Clauses.queryOf(clause), weight);
        } else {
            clauses.add(weight == 1 ? query : new BoostQuery(query, weight), BooleanClause.Occur.SHOULD);
        }
    }

    /** Whether a query's score is the sum of its clauses and any one of them is enough. */
    static boolean isDisjunction(Query query) {
        return query instanceof BooleanQuery bool
            && bool.getMinimumNumberShouldMatch() <= 1
            && bool.clauses().stream().noneMatch(clause -> clause.isRequired() || clause.isProhibited());
    }

    /** The clauses as one query of Lucene's. */
    private BooleanQuery clauses() {
        BooleanQuery.Builder clauses = new BooleanQuery.Builder();
        addTo(clauses, sparse.clauses(), 1);
        addTo(clauses, text, 1);
        return clauses.build();
    }

    @Override
    public Query rewrite(IndexSearcher searcher) throws IOException {
        Query rewritten = text.rewrite(searcher);
        if (rewritten instanceof MatchNoDocsQuery) return sparse;
        return rewritten == text ? this : new HybridQuery(sparse, rewritten);
    }

    @Override
    public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) throws IOException {
        return new FilterWeight(this, searcher.createWeight(searcher.rewrite(clauses()), mode, boost)) {
            @Override
            public Explanation explain(LeafReaderContext context, int document) throws IOException {
                Explanation whole = in.explain(context, document);
                if (!whole.isMatch()) return whole;
                return Explanation.match(
                    whole.getValue(),
                    "sum of the shares of the sparse field and of the text:",
                    share("share of the sparse field [" + sparse.field() + "]", sparse, context, document),
                    share("share of the text, its weight included", text, context, document)
                );
            }

            private Explanation share(String name, Query query, LeafReaderContext context, int document) throws IOException {
                Explanation share = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE, boost).explain(context, document);
                return Explanation.match(share.isMatch() ? share.getValue() : 0f, name + ", from:", share);
            }
        };
    }

    @Override
    public void visit(QueryVisitor visitor) {
        QueryVisitor inside = visitor.getSubVisitor(BooleanClause.Occur.SHOULD, this);
        sparse.visit(inside);
        text.visit(inside);
    }

    @Override
    public String toString(String field) {
        return sparse.toString(field) + " + (" + text.toString(field) + ")";
    }

    @Override
    public boolean equals(Object other) {
        return sameClassAs(other) && sparse.equals(((HybridQuery) other).sparse) && text.equals(((HybridQuery) other).text);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * classHash() + sparse.hashCode()) + text.hashCode();
    }
}
