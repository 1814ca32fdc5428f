// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.impacts;

import org.apache.lucene.index.FieldInvertState;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.TermStatistics;
import org.apache.lucene.search.similarities.Similarity;

/** Query weight times stored weight: a {@code TermQuery} scores one summand of the dot product. */
public final class ImpactSimilarity extends Similarity {

    @Override
    public long computeNorm(FieldInvertState state) {
        return 1;
    }

    @Override
    public SimScorer scorer(float boost, CollectionStatistics collection, TermStatistics... terms) {
        return new ImpactScorer(boost);
    }

    /** The score grows with the impact, so that the largest impact of a block bounds the block's scores exactly. */
    private static final class ImpactScorer extends SimScorer {
        private final float queryWeight;
        private final float factor;

        ImpactScorer(float queryWeight) {
            this.queryWeight = queryWeight;
            this.factor = queryWeight * Impacts.STEP;
        }

        @Override
        public float score(float impact, long norm) {
            return factor * impact;
        }

        @Override
        public Explanation explain(Explanation impact, long norm) {
            return Explanation.match(
                score(impact.getValue().floatValue(), norm),
                "query weight times stored weight, from:",
                Explanation.match(queryWeight, "query weight"),
                Explanation.match(Impacts.decode(impact.getValue().intValue()), "stored weight, a multiple of " + Impacts.STEP)
            );
        }
    }
}
