// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.BytesRef;
import org.lexpand.opensearch.impacts.Impacts;
import org.lexpand.opensearch.impacts.ImpactsFieldMapper;
import org.lexpand.opensearch.model.IndexModel;
import org.lexpand.opensearch.model.Models;
import org.lexpand.opensearch.stamp.DocumentText;
import org.lexpand.opensearch.wordpiece.TextStart;
import org.lexpand.opensearch.wordpiece.WordPieceTokenizer;
import org.opensearch.index.mapper.DocumentMapper;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.mapper.MapperService;
import org.opensearch.search.fetch.FetchSubPhase.HitContext;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the query's tokens in each hit of one index, from postings and source. */
final class HitExplainer {

    /** Number of UTF-16 units read of a text, as in pipelines/search/hits.ts; later words count as expansions. */
    static final int EXPLAINED_UNITS = 1_000_000;

    private final IndexModel index;
    private final WordPieceTokenizer tokenizer;
    private final Map<String, Float> queryWeights;
    private final boolean impacts;

    private HitExplainer(IndexModel index, WordPieceTokenizer tokenizer, Map<String, Float> queryWeights, boolean impacts) {
        this.index = index;
        this.tokenizer = tokenizer;
        this.queryWeights = queryWeights;
        this.impacts = impacts;
    }

    /** Whether Lexpand set an index up; hits of other indices in the same search get no explanation. */
    static boolean isOurs(MapperService mappers) {
        DocumentMapper mapper = mappers.documentMapper();
        return mapper != null && mapper.meta() != null && mapper.meta().containsKey("lexpand");
    }

    /**
     * @param query parsed query, in any form
     * @throws IllegalArgumentException when no model of this node fits the index
     */
    static HitExplainer of(MapperService mappers, Query query, Models models) {
        DocumentMapper mapper = mappers.documentMapper();
        IndexModel index = IndexModel.of(mapper == null ? null : mapper.meta(), mappers.index().getName());
        MappedFieldType field = mappers.fieldType(index.sparseField());
        boolean impacts = field != null && ImpactsFieldMapper.CONTENT_TYPE.equals(field.typeName());
        return new HitExplainer(index, models.fitting(index).tokenizer(), FeatureClauses.of(query, index.sparseField()), impacts);
    }

    IndexModel index() {
        return index;
    }

    WordPieceTokenizer tokenizer() {
        return tokenizer;
    }

    /** The tokens of the query that the hit's vector holds, largest contribution first, ties by token. */
    List<TokenContribution> explain(HitContext hit) throws IOException {
        if (queryWeights.isEmpty()) return List.of();
        Set<String> pieces = pieces(DocumentText.of(hit.sourceLookup().loadSourceIfNeeded(), index.fields()));
        List<TokenContribution> contributions = new ArrayList<>();
        TermsEnum terms = terms(hit.reader());
        if (terms == null) return List.of();
        PostingsEnum postings = null;
        for (Map.Entry<String, Float> entry : queryWeights.entrySet()) {
            if (!terms.seekExact(new BytesRef(entry.getKey()))) continue;
            postings = terms.postings(postings, PostingsEnum.FREQS);
            if (postings.advance(hit.docId()) != hit.docId()) continue;
            float queryWeight = entry.getValue();
            float documentWeight = decoded(postings.freq());
            contributions.add(
                new TokenContribution(
                    entry.getKey(),
                    queryWeight,
                    documentWeight,
                    queryWeight * documentWeight,
                    !pieces.contains(entry.getKey())
                )
            );
        }
        contributions.sort(
            Comparator.comparing(TokenContribution::contribution).reversed().thenComparing(TokenContribution::token)
        );
        return contributions;
    }

    private TermsEnum terms(LeafReader reader) throws IOException {
        Terms terms = reader.terms(index.sparseField());
        return terms == null ? null : terms.iterator();
    }

    /** Lucene's FeatureField, which is {@code rank_features}, keeps the upper 17 bits of the float as the frequency. */
    private float decoded(int frequency) {
        return impacts ? Impacts.decode(frequency) : Float.intBitsToFloat(frequency << 15);
    }

    private Set<String> pieces(String text) {
        Set<String> pieces = new HashSet<>();
        WordPieceTokenizer.Words words = tokenizer.words(head(text));
        while (words.next()) for (int id : words.ids()) pieces.add(tokenizer.piece(id));
        return pieces;
    }

    static String head(String text) {
        return TextStart.of(text, EXPLAINED_UNITS);
    }
}
