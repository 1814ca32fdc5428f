// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import org.apache.lucene.document.FeatureField;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.opensearch.test.OpenSearchTestCase;

import java.util.List;
import java.util.Map;

public class FeatureClausesTests extends OpenSearchTestCase {

    private static Query token(String token, float weight) {
        return FeatureField.newLinearQuery("f", token, weight);
    }

    public void testTokensAndWeightsAreFoundThroughBoostsAndCompounds() {
        Query query = new BooleanQuery.Builder().add(token("wing", 2), BooleanClause.Occur.SHOULD)
            .add(new BoostQuery(new DisjunctionMaxQuery(List.of(token("##s", 1), token("fly", 4)), 0), 3), BooleanClause.Occur.MUST)
            .add(new TermQuery(new Term("f", "impact")), BooleanClause.Occur.SHOULD)
            .build();
        assertEquals(Map.of("wing", 2f, "##s", 3f, "fly", 12f, "impact", 1f), FeatureClauses.of(query, "f"));
    }

    public void testOddTokensAreReadWhole() {
        for (String token : List.of(", function=LinearFunction)", "feature=x", "=", "中", ")")) {
            assertEquals(Map.of(token, 1.5f), FeatureClauses.of(token(token, 1.5f), "f"));
        }
    }

    public void testWhatDoesNotScoreOrIsAnotherFieldOrFunctionIsLeftOut() {
        Query query = new BooleanQuery.Builder().add(token("filter", 2), BooleanClause.Occur.FILTER)
            .add(token("not", 2), BooleanClause.Occur.MUST_NOT)
            .add(FeatureField.newLinearQuery("other", "wing", 1), BooleanClause.Occur.SHOULD)
            .add(FeatureField.newSaturationQuery("f", "saturated", 1, 2), BooleanClause.Occur.SHOULD)
            .build();
        assertEquals(Map.of(), FeatureClauses.of(query, "f"));
        assertEquals(Map.of(), FeatureClauses.of(null, "f"));
        assertEquals(Map.of(), FeatureClauses.of(new ConstantScoreQuery(token("constant", 1)), "f"));
    }

    public void testARepeatedTokenAddsUp() {
        Query query = new BooleanQuery.Builder().add(token("wing", 2), BooleanClause.Occur.SHOULD)
            .add(token("wing", 1), BooleanClause.Occur.SHOULD)
            .build();
        assertEquals(Map.of("wing", 3f), FeatureClauses.of(query, "f"));
    }
}
