// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.lexpand.opensearch.model.IndexModel;
import org.lexpand.opensearch.model.Model;
import org.opensearch.common.lucene.search.Queries;
import org.opensearch.core.common.ParsingException;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.index.mapper.DocumentMapper;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.index.query.AbstractQueryBuilder;
import org.opensearch.index.query.QueryShardContext;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The query {@code lexpand}: cuts a text into word pieces and searches them in a {@code rank_features} or
 * {@code lexpand_impacts} field, weighted by the query table of the index. No model runs.
 */
public final class LexpandQueryBuilder extends AbstractQueryBuilder<LexpandQueryBuilder> {
    public static final String NAME = "lexpand";

    private final QueryParameters parameters;
    private final QueryResources resources;

    public LexpandQueryBuilder(QueryParameters parameters, QueryResources resources) {
        this.parameters = Objects.requireNonNull(parameters);
        this.resources = Objects.requireNonNull(resources);
    }

    public LexpandQueryBuilder(StreamInput in, QueryResources resources) throws IOException {
        super(in);
        this.parameters = QueryParameters.of(in.readMap());
        this.resources = resources;
    }

    @Override
    protected void doWriteTo(StreamOutput out) throws IOException {
        out.writeMap(parameters.toMap());
    }

    /** @throws ParsingException with the place in the request */
    public static LexpandQueryBuilder fromXContent(XContentParser parser, QueryResources resources) throws IOException {
        Map<String, Object> given = new HashMap<>();
        String queryName = null;
        String name = null;
        for (XContentParser.Token token = parser.nextToken(); token != XContentParser.Token.END_OBJECT; token = parser.nextToken()) {
            if (token == XContentParser.Token.FIELD_NAME) {
                name = parser.currentName();
            } else if (QueryParameters.LEXICAL.equals(name) && token == XContentParser.Token.START_OBJECT) {
                given.put(name, parser.map());
            } else if (!token.isValue()) {
                throw new ParsingException(
                    parser.getTokenLocation(),
                    "[lexpand] expected a plain value for [" + name + "], got " + token + ". Write {\"lexpand\": {\"field\": ..., \"query\": ...}}."
                );
            } else if (NAME_FIELD.match(name, parser.getDeprecationHandler())) {
                queryName = parser.text();
            } else {
                given.put(name, valueOf(parser));
            }
        }
        try {
            return new LexpandQueryBuilder(QueryParameters.of(given), resources).queryName(queryName);
        } catch (IllegalArgumentException unfit) {
            throw new ParsingException(parser.getTokenLocation(), unfit.getMessage(), unfit);
        }
    }

    private static Object valueOf(XContentParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_NUMBER -> parser.numberValue();
            case VALUE_BOOLEAN -> parser.booleanValue();
            default -> parser.textOrNull();
        };
    }

    @Override
    protected void doXContent(XContentBuilder builder, Params params) throws IOException {
        builder.startObject(NAME);
        for (Map.Entry<String, Object> parameter : parameters.withBoost(parameters.boost() * boost()).toMap().entrySet()) {
            builder.field(parameter.getKey(), parameter.getValue());
        }
        if (queryName() != null) builder.field(NAME_FIELD.getPreferredName(), queryName());
        builder.endObject();
    }

    @Override
    protected Query doToQuery(QueryShardContext context) throws IOException {
        if (parameters.ignoreUnmapped() && isUnmapped(context)) {
            return Queries.newMatchNoDocsQuery("[lexpand] no vectors of a model of this node");
        }
        IndexModel index = indexModel(context);
        MappedFieldType field = sparseField(context);
        Map<String, Float> weights = weights(index, field.name(), context);
        try {
            Query text = TextQuery.of(parameters, index, context);
            if (weights.isEmpty()) return emptyQuery(text, index, context);
            SparseQuery sparse = SparseQuery.of(field, weights);
            return text == null ? sparse : HybridQuery.of(sparse, text, textWeight());
        } catch (IndexSearcher.TooManyClauses many) {
            throw new IllegalArgumentException(
                "[lexpand] expected at most "
                    + IndexSearcher.getMaxClauseCount()
                    + " word pieces and words of [lexical] together, got more. Shorten the query; the limit is indices.query.bool.max_clause_count.",
                many
            );
        }
    }

    private float textWeight() {
        return parameters.lexical().weight() * parameters.boost();
    }

    private boolean isUnmapped(QueryShardContext context) {
        try {
            resources.models().fitting(indexModel(context));
            sparseField(context);
            return false;
        } catch (IllegalArgumentException unfit) {
            return true;
        }
    }

    public QueryParameters parameters() {
        return parameters;
    }

    /**
     * The word pieces and weights of the query in one shard, for explanations and highlights.
     *
     * @throws IllegalArgumentException as {@link QueryTokens#of}, and for an index that does not fit
     */
    public Map<String, Float> weights(QueryShardContext context) throws IOException {
        return weights(indexModel(context), sparseField(context).name(), context);
    }

    private Map<String, Float> weights(IndexModel index, String field, QueryShardContext context) throws IOException {
        Model model = resources.models().fitting(index);
        return QueryTokens.of(parameters, model, field, context.getIndexReader(), resources.frequencies());
    }

    private static IndexModel indexModel(QueryShardContext context) {
        DocumentMapper mapper = context.getMapperService().documentMapper();
        return IndexModel.of(mapper == null ? null : mapper.meta(), context.index().getName());
    }

    private MappedFieldType sparseField(QueryShardContext context) {
        MappedFieldType field = context.fieldMapper(parameters.field());
        if (field != null && SparseQuery.asks(field)) return field;
        throw new IllegalArgumentException(
            "[lexpand] expected ["
                + parameters.field()
                + "] of index ["
                + context.index().getName()
                + "] to be a rank_features or lexpand_impacts field, got ["
                + (field == null ? "no such field" : field.typeName())
                + "]. Name the sparse field of the index, as _meta.lexpand.sparse_field of its mapping does."
        );
    }

    private Query emptyQuery(Query text, IndexModel index, QueryShardContext context) throws IOException {
        if (parameters.empty() == EmptyQuery.ERROR) {
            throw new IllegalArgumentException(
                "[lexpand] expected words of the model's vocabulary in [query], got none. Rephrase, or set [empty] to none or lexical."
            );
        }
        if (text != null) return HybridQuery.weighted(text, textWeight());
        if (parameters.empty() == EmptyQuery.NONE) return Queries.newMatchNoDocsQuery("[lexpand] no word piece of the model in the text");
        return TextQuery.of(index.fields(), parameters.query()).boost(parameters.boost()).toQuery(context);
    }

    @Override
    protected boolean doEquals(LexpandQueryBuilder other) {
        return parameters.equals(other.parameters);
    }

    @Override
    protected int doHashCode() {
        return parameters.hashCode();
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }
}
