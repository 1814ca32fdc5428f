// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.lexpand.opensearch.query.HybridQuery;
import org.opensearch.search.fetch.FetchSubPhase.HitContext;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The shares of the sparse field and of the text in a hit's score, in a hybrid query. */
final class HitShares {
    private record Share(String name, Query query, float boost) {}

    private final IndexSearcher searcher;
    private final List<Share> shares = new ArrayList<>();

    private HitShares(IndexSearcher searcher) {
        this.searcher = searcher;
    }

    /** @param query parsed query; the shares of several hybrid queries in it add up */
    static HitShares of(Query query, IndexSearcher searcher) {
        HitShares shares = new HitShares(searcher);
        if (query != null) query.visit(shares.new Finder(1));
        return shares;
    }

    boolean isEmpty() {
        return shares.isEmpty();
    }

    /** @return the shares {@code sparse} and {@code lexical}, each 0 where it does not match */
    Map<String, Object> of(HitContext hit) throws IOException {
        Map<String, Object> scores = new LinkedHashMap<>();
        for (Share share : shares) scores.merge(share.name, score(share, hit), (one, other) -> (Float) one + (Float) other);
        return scores;
    }

    private float score(Share share, HitContext hit) throws IOException {
        Weight weight = searcher.createWeight(searcher.rewrite(share.query), ScoreMode.COMPLETE, share.boost);
        Scorer scorer = weight.scorer(hit.readerContext());
        return scorer != null && scorer.iterator().advance(hit.docId()) == hit.docId() ? scorer.score() : 0;
    }

    private final class Finder extends QueryVisitor {
        private final float boost;

        Finder(float boost) {
            this.boost = boost;
        }

        @Override
        public QueryVisitor getSubVisitor(BooleanClause.Occur occur, Query parent) {
            if (occur == BooleanClause.Occur.MUST_NOT || occur == BooleanClause.Occur.FILTER) return EMPTY_VISITOR;
            if (parent instanceof BoostQuery boosted) return new Finder(boost * boosted.getBoost());
            if (!(parent instanceof HybridQuery hybrid)) return this;
            hybrid.shares().forEach((name, query) -> shares.add(new Share(name, query, boost)));
            return EMPTY_VISITOR;
        }
    }
}
