// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import org.apache.lucene.index.LeafReaderContext;
import org.lexpand.opensearch.model.Models;
import org.opensearch.common.document.DocumentField;
import org.opensearch.search.fetch.FetchContext;
import org.opensearch.search.fetch.FetchSubPhase;
import org.opensearch.search.fetch.FetchSubPhaseProcessor;

import java.io.IOException;
import java.util.List;

/**
 * Adds {@code fields.lexpand_explanation} to every hit when {@link ExplainExtBuilder} requests it: one
 * {@link TokenContribution} for each token of the query that the hit's vector holds. A hybrid query adds
 * {@code fields.lexpand_shares}, one object with the scores {@code sparse} and {@code lexical}.
 */
public final class ExplainFetchPhase implements FetchSubPhase {

    public static final String FIELD = "lexpand_explanation";
    public static final String SHARES_FIELD = "lexpand_shares";

    private final Models models;

    public ExplainFetchPhase(Models models) {
        this.models = models;
    }

    @Override
    public FetchSubPhaseProcessor getProcessor(FetchContext context) {
        if (!(context.getSearchExt(ExplainExtBuilder.NAME) instanceof ExplainExtBuilder wanted) || !wanted.isExplain()) return null;
        if (!HitExplainer.isOurs(context.mapperService())) return null;
        HitExplainer explainer = HitExplainer.of(context.mapperService(), context.parsedQuery().query(), models);
        HitShares shares = HitShares.of(context.parsedQuery().query(), context.searcher());
        return new FetchSubPhaseProcessor() {
            @Override
            public void setNextReader(LeafReaderContext reader) {}

            @Override
            public void process(HitContext hit) throws IOException {
                // A nested object has no vector of its own.
                if (hit.hit().getNestedIdentity() != null) return;
                List<Object> values = explainer.explain(hit).stream().<Object>map(TokenContribution::asMap).toList();
                hit.hit().setDocumentField(FIELD, new DocumentField(FIELD, values));
                if (shares.isEmpty()) return;
                hit.hit().setDocumentField(SHARES_FIELD, new DocumentField(SHARES_FIELD, List.of(shares.of(hit))));
            }
        };
    }
}
