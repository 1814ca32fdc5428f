// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.FilterWeight;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.Weight;

import java.io.IOException;

/** A {@link SparseQuery} that is the whole query: same documents, same scores, collected by {@link WindowScorer}. */
final class WindowedSparseQuery extends Query {
    private final SparseQuery sparse;

    WindowedSparseQuery(SparseQuery sparse) {
        this.sparse = sparse;
    }

    @Override
    public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) throws IOException {
        Weight plain = searcher.createWeight(searcher.rewrite(sparse), mode, boost);
        if (mode.needsScores() == false) return plain;
        return new FilterWeight(this, plain) {
            @Override
            public ScorerSupplier scorerSupplier(LeafReaderContext context) throws IOException {
                ScorerSupplier supplier = in.scorerSupplier(context);
                return supplier == null ? null : new Supplier(context, supplier, mode, boost);
            }
        };
    }

    /** Lucene's own scorer for whoever goes from document to document, ours for whoever collects a whole segment. */
    private final class Supplier extends ScorerSupplier {
        private final LeafReaderContext context;
        private final ScorerSupplier plain;
        private final ScoreMode mode;
        private final float boost;

        Supplier(LeafReaderContext context, ScorerSupplier plain, ScoreMode mode, float boost) {
            this.context = context;
            this.plain = plain;
            this.mode = mode;
            this.boost = boost;
        }

        @Override
        public Scorer get(long leadCost) throws IOException {
            return plain.get(leadCost);
        }

        @Override
        public BulkScorer bulkScorer() throws IOException {
            return WindowScorer.of(context.reader(), sparse, boost, mode == ScoreMode.TOP_SCORES);
        }

        @Override
        public long cost() {
            return plain.cost();
        }

        @Override
        public void setTopLevelScoringClause() throws IOException {
            plain.setTopLevelScoringClause();
        }
    }

    @Override
    public void visit(QueryVisitor visitor) {
        sparse.visit(visitor);
    }

    @Override
    public String toString(String field) {
        return sparse.toString(field);
    }

    @Override
    public boolean equals(Object other) {
        return sameClassAs(other) && sparse.equals(((WindowedSparseQuery) other).sparse);
    }

    @Override
    public int hashCode() {
        return 31 * classHash() + sparse.hashCode();
    }
}
