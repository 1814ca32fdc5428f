// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.ConstantScoreScorer;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Matches;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.Weight;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;

/**
 * A {@link SparseQuery} or {@link HybridQuery} that is the whole query except for filters: the same documents and
 * scores, collected by {@link WindowScorer}.
 */
final class WindowedSparseQuery extends Query {
    private final Query scoring;
    /** Null: all documents. */
    private final Query filter;

    /**
     * @param scoring a {@link SparseQuery} or a {@link HybridQuery}
     * @param filter null lets all documents through
     */
    WindowedSparseQuery(Query scoring, Query filter) {
        this.scoring = scoring;
        this.filter = filter == null || filter instanceof ConstantScoreQuery ? filter : new ConstantScoreQuery(filter);
    }

    /** The equivalent query of Lucene's. */
    Query plain() {
        if (filter == null) return scoring;
        return new BooleanQuery.Builder().add(scoring, BooleanClause.Occur.MUST).add(filter, BooleanClause.Occur.FILTER).build();
    }

    @Override
    public Query rewrite(IndexSearcher searcher) throws IOException {
        Query passing = filter == null ? null : filter.rewrite(searcher);
        if (passing instanceof MatchNoDocsQuery) return passing;
        // Rewriting would turn a sparse query into Lucene's clauses.
        Query rewritten = scoring instanceof HybridQuery ? scoring.rewrite(searcher) : scoring;
        return passing == filter && rewritten == scoring ? this : new WindowedSparseQuery(rewritten, passing);
    }

    @Override
    public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) throws IOException {
        if (!mode.needsScores()) return searcher.createWeight(searcher.rewrite(plain()), mode, boost);
        Weight filtering = filter == null ? null : searcher.createWeight(filter, ScoreMode.COMPLETE_NO_SCORES, 1);
        TextWeights text = scoring instanceof HybridQuery hybrid ? TextWeights.of(hybrid.text(), searcher, boost) : null;
        return new WindowedWeight(searcher, mode, boost, text, filtering);
    }

    private SparseQuery sparse() {
        return scoring instanceof HybridQuery hybrid ? hybrid.sparse() : (SparseQuery) scoring;
    }

    /**
     * Gives Lucene's own scorer to callers that go from document to document, and the window scorer to those that
     * collect a whole segment.
     */
    private final class WindowedWeight extends Weight {
        private final IndexSearcher searcher;
        private final ScoreMode mode;
        private final float boost;
        /** Null: the sparse field scores alone. */
        private final TextWeights text;
        /** Null: all documents. */
        private final Weight filtering;

        WindowedWeight(IndexSearcher searcher, ScoreMode mode, float boost, TextWeights text, Weight filtering) {
            super(WindowedSparseQuery.this);
            this.searcher = searcher;
            this.mode = mode;
            this.boost = boost;
            this.text = text;
            this.filtering = filtering;
        }

        /** Made on demand, because it looks every token up again. */
        private Weight plainWeight() throws IOException {
            return searcher.createWeight(searcher.rewrite(plain()), mode, boost);
        }

        @Override
        public ScorerSupplier scorerSupplier(LeafReaderContext context) throws IOException {
            ScorerSupplier passing = filtering == null ? null : filtering.scorerSupplier(context);
            if (filtering != null && passing == null) return null;
            return new ScorerSupplier() {
                private ScorerSupplier plain;

                @Override
                public BulkScorer bulkScorer() throws IOException {
                    return WindowScorer.of(context, sparse(), text, boost, mode == ScoreMode.TOP_SCORES, passing);
                }

                @Override
                public Scorer get(long leadCost) throws IOException {
                    ScorerSupplier supplier = plainSupplier();
                    return supplier == null ? new ConstantScoreScorer(0, mode, DocIdSetIterator.empty()) : supplier.get(leadCost);
                }

                @Override
                public long cost() {
                    try {
                        ScorerSupplier supplier = plainSupplier();
                        return supplier == null ? 0 : supplier.cost();
                    } catch (IOException unreadable) {
                        throw new UncheckedIOException(unreadable);
                    }
                }

                private ScorerSupplier plainSupplier() throws IOException {
                    if (plain == null) plain = plainWeight().scorerSupplier(context);
                    return plain;
                }
            };
        }

        @Override
        public Explanation explain(LeafReaderContext context, int document) throws IOException {
            return plainWeight().explain(context, document);
        }

        @Override
        public Matches matches(LeafReaderContext context, int document) throws IOException {
            return plainWeight().matches(context, document);
        }

        @Override
        public boolean isCacheable(LeafReaderContext context) {
            return filtering == null || filtering.isCacheable(context);
        }
    }

    @Override
    public void visit(QueryVisitor visitor) {
        plain().visit(visitor);
    }

    @Override
    public String toString(String field) {
        return plain().toString(field);
    }

    @Override
    public boolean equals(Object other) {
        return sameClassAs(other)
            && scoring.equals(((WindowedSparseQuery) other).scoring)
            && Objects.equals(filter, ((WindowedSparseQuery) other).filter);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * classHash() + scoring.hashCode()) + Objects.hashCode(filter);
    }
}
