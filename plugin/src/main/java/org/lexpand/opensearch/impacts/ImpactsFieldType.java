// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.impacts;

import org.apache.lucene.index.Term;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.opensearch.common.lucene.BytesRefs;
import org.opensearch.common.lucene.Lucene;
import org.opensearch.index.fielddata.IndexFieldData;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.mapper.SourceValueFetcher;
import org.opensearch.index.mapper.TextSearchInfo;
import org.opensearch.index.mapper.ValueFetcher;
import org.opensearch.index.query.QueryShardContext;
import org.opensearch.index.similarity.SimilarityProvider;
import org.opensearch.search.lookup.SearchLookup;

import java.util.Map;
import java.util.function.Supplier;

/** Queries of a {@code lexpand_impacts} field: {@code term} scores boost times weight, {@code exists} finds documents with a vector. */
final class ImpactsFieldType extends MappedFieldType {
    private static final TextSearchInfo SEARCH = new TextSearchInfo(
        ImpactsFieldMapper.POSTINGS,
        new SimilarityProvider(ImpactsFieldMapper.CONTENT_TYPE, new ImpactSimilarity()),
        Lucene.KEYWORD_ANALYZER,
        Lucene.KEYWORD_ANALYZER
    );

    ImpactsFieldType(String name, Map<String, String> meta) {
        super(name, true, false, false, SEARCH, meta);
        setIndexAnalyzer(Lucene.KEYWORD_ANALYZER);
    }

    @Override
    public String typeName() {
        return ImpactsFieldMapper.CONTENT_TYPE;
    }

    @Override
    public Query termQuery(Object token, QueryShardContext context) {
        return new TermQuery(new Term(name(), BytesRefs.toBytesRef(token)));
    }

    @Override
    public ValueFetcher valueFetcher(QueryShardContext context, SearchLookup lookup, String format) {
        return SourceValueFetcher.identity(name(), context, format);
    }

    @Override
    public IndexFieldData.Builder fielddataBuilder(String index, Supplier<SearchLookup> lookup) {
        throw new IllegalArgumentException(
            "[" + typeName() + "] expected a query on field [" + name() + "], got sorting, scripting or aggregating. Use a field with doc values."
        );
    }
}
