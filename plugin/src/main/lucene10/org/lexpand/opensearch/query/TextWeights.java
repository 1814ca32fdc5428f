// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The clauses of a text query, which can be added to a window one after the other. */
final class TextWeights {
    /** Lucene's weights of clauses whose scores add up. */
    private final List<Weight> words = new ArrayList<>();
    private final List<BestFields> bests = new ArrayList<>();

    private record BestFields(List<List<Weight>> fields, float tieBreaker) {}

    private TextWeights() {}

    /** @param query rewritten query */
    static TextWeights of(Query query, IndexSearcher searcher, float boost) throws IOException {
        TextWeights weights = new TextWeights();
        take(query, searcher, boost, weights.words, weights.bests);
        return weights;
    }

    /** @param bests null within a field, where a query that counts by its best part is one clause */
    private static void take(Query query, IndexSearcher searcher, float boost, List<Weight> words, List<BestFields> bests) throws IOException {
        if (query instanceof BoostQuery boosted) {
            take(boosted.getQuery(), searcher, boost * boosted.getBoost(), words, bests);
        } else if (HybridQuery.isDisjunction(query)) {
            for (BooleanClause clause : (BooleanQuery) query) take(clause.query(), searcher, boost, words, bests);
        } else if (bests != null && query instanceof DisjunctionMaxQuery best) {
            List<List<Weight>> fields = new ArrayList<>();
            for (Query disjunct : best.getDisjuncts()) {
                List<Weight> field = new ArrayList<>();
                take(disjunct, searcher, boost, field, null);
                fields.add(field);
            }
            bests.add(new BestFields(fields, best.getTieBreakerMultiplier()));
        } else {
            // In this mode a scorer reads postings but no bounds of blocks.
            words.add(searcher.createWeight(query, ScoreMode.COMPLETE, boost));
        }
    }

    /**
     * The clauses that occur in a segment.
     *
     * @param bounded whether the collector may ask for a least score
     * @param window the most documents that are added at once
     */
    List<WindowClause> clauses(LeafReaderContext segment, boolean bounded, int window) throws IOException {
        List<WindowClause> clauses = postings(words, segment, bounded);
        for (BestFields best : bests) {
            List<List<WindowClause>> fields = new ArrayList<>();
            for (List<Weight> field : best.fields) {
                List<WindowClause> found = postings(field, segment, bounded);
                if (!found.isEmpty()) fields.add(found);
            }
            if (!fields.isEmpty()) clauses.add(BestFieldsPostings.of(fields, best.tieBreaker, window));
        }
        return clauses;
    }

    private static List<WindowClause> postings(List<Weight> weights, LeafReaderContext segment, boolean bounded) throws IOException {
        List<WindowClause> found = new ArrayList<>();
        for (Weight weight : weights) {
            Scorer scorer = weight.scorer(segment);
            if (scorer != null) found.add(TextPostings.of(scorer, bounded));
        }
        return found;
    }
}
