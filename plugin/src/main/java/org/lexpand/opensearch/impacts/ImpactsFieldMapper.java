// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.impacts;

import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.util.BytesRef;
import org.lexpand.opensearch.wordpiece.TextStart;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.index.mapper.ParametrizedFieldMapper;
import org.opensearch.index.mapper.ParseContext;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The field type {@code lexpand_impacts}: accepts the same values as {@code rank_features}, an object of token to
 * weight, and keeps each weight in about a byte ({@link Impacts}).
 */
public final class ImpactsFieldMapper extends ParametrizedFieldMapper {
    public static final String CONTENT_TYPE = "lexpand_impacts";
    /** Twice the pieces of a usual vocabulary. */
    static final int MOST_TOKENS = 65_536;
    public static final FieldType POSTINGS = postings();

    public static final TypeParser PARSER = new TypeParser((name, context) -> new Builder(name));

    static final class Builder extends ParametrizedFieldMapper.Builder {
        private final Parameter<Map<String, String>> meta = Parameter.metaParam();

        Builder(String name) {
            super(name);
            builder = this;
        }

        @Override
        protected List<Parameter<?>> getParameters() {
            return List.of(meta);
        }

        @Override
        public ImpactsFieldMapper build(BuilderContext context) {
            return new ImpactsFieldMapper(
                name,
                new ImpactsFieldType(buildFullName(context), meta.getValue()),
                multiFieldsBuilder.build(this, context),
                copyTo.build()
            );
        }
    }

    private ImpactsFieldMapper(String name, ImpactsFieldType type, MultiFields multiFields, CopyTo copyTo) {
        super(name, type, multiFields, copyTo);
    }

    /** The type of FeatureField, but without an index of its own for every token. */
    private static FieldType postings() {
        FieldType type = new FieldType();
        type.setTokenized(true);
        type.setOmitNorms(true);
        type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
        type.freeze();
        return type;
    }

    @Override
    public ParametrizedFieldMapper.Builder getMergeBuilder() {
        return new Builder(simpleName()).init(this);
    }

    @Override
    protected String contentType() {
        return CONTENT_TYPE;
    }

    @Override
    public void parse(ParseContext context) throws IOException {
        if (context.externalValueSet()) throw unfit("no multi-field or copy_to", "one", "Give the field its own object");
        XContentParser parser = context.parser();
        if (parser.currentToken() == XContentParser.Token.VALUE_NULL) return;
        if (parser.currentToken() != XContentParser.Token.START_OBJECT) {
            throw unfit("an object of token to weight", parser.currentToken(), "Write {\"token\": weight}");
        }
        if (context.doc().getByKey(name()) != null) throw unfit("one object in a document", "several", "Merge them by the larger weight");
        ImpactTokenStream tokens = read(parser);
        if (tokens == null) return;
        context.doc().addWithKey(name(), new Field(name(), tokens, POSTINGS));
        createFieldNamesField(context);
    }

    /** @return null when there is no token */
    private ImpactTokenStream read(XContentParser parser) throws IOException {
        List<BytesRef> tokens = new ArrayList<>();
        int[] impacts = new int[256];
        Set<String> known = new HashSet<>();
        String token = null;
        for (XContentParser.Token at = parser.nextToken(); at != XContentParser.Token.END_OBJECT; at = parser.nextToken()) {
            switch (at) {
                case FIELD_NAME -> token = parser.currentName();
                case VALUE_NULL -> {
                }
                case VALUE_NUMBER, VALUE_STRING -> {
                    if (!known.add(token)) throw unfit("every token once", "[" + shortened(token) + "] again", "Remove one");
                    if (tokens.size() == MOST_TOKENS) throw unfit("at most " + MOST_TOKENS + " tokens", "more", "Prune the vector");
                    if (impacts.length == tokens.size()) impacts = Arrays.copyOf(impacts, 2 * impacts.length);
                    impacts[tokens.size()] = Impacts.encode(weight(token, parser));
                    tokens.add(bytes(token));
                }
                default -> throw unfit("a number for [" + shortened(token) + "]", at, "Write {\"token\": weight}");
            }
        }
        return tokens.isEmpty() ? null : new ImpactTokenStream(tokens, impacts);
    }

    private float weight(String token, XContentParser parser) throws IOException {
        float weight = parser.floatValue(true);
        if (weight > 0 && weight <= Impacts.LARGEST_WEIGHT) return weight;
        String range = "a weight in (0, " + (int) Impacts.LARGEST_WEIGHT + "] for [" + shortened(token) + "]";
        throw unfit(range, weight, "Leave tokens without weight out, or scale the vector");
    }

    private BytesRef bytes(String token) {
        BytesRef bytes = new BytesRef(token);
        if (bytes.length > 0 && bytes.length <= IndexWriter.MAX_TERM_LENGTH) return bytes;
        String range = "a token of 1 to " + IndexWriter.MAX_TERM_LENGTH + " bytes";
        throw unfit(range, bytes.length + " bytes [" + shortened(token) + "]", "Leave it out");
    }

    private static String shortened(String token) {
        return token.length() <= 100 ? token : TextStart.of(token, 100) + "...";
    }

    private IllegalArgumentException unfit(String expected, Object actual, String advice) {
        return new IllegalArgumentException("[" + CONTENT_TYPE + "] expected " + expected + " in field [" + name() + "], got " + actual + ". " + advice + ".");
    }

    @Override
    protected void parseCreateField(ParseContext context) {
        throw new AssertionError("parse reads the object itself");
    }
}
