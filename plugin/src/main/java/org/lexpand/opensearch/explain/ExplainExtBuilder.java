// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import org.opensearch.core.common.ParsingException;
import org.opensearch.core.common.io.stream.StreamInput;
import org.opensearch.core.common.io.stream.StreamOutput;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.search.SearchExtBuilder;

import java.io.IOException;
import java.util.Objects;

/** Part of a search request that asks for explanations: {@code "ext": {"lexpand": {"explain": true}}}. */
public final class ExplainExtBuilder extends SearchExtBuilder {

    public static final String NAME = "lexpand";
    private static final String EXPLAIN = "explain";

    private final boolean explain;

    public ExplainExtBuilder(boolean explain) {
        this.explain = explain;
    }

    public ExplainExtBuilder(StreamInput in) throws IOException {
        this.explain = in.readBoolean();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeBoolean(explain);
    }

    public static ExplainExtBuilder fromXContent(XContentParser parser) throws IOException {
        XContentParser.Token token = parser.currentToken() == null ? parser.nextToken() : parser.currentToken();
        if (token != XContentParser.Token.START_OBJECT) throw refusal(parser, "an object", token.toString());
        boolean explain = false;
        while (parser.nextToken() == XContentParser.Token.FIELD_NAME) {
            String key = parser.currentName();
            token = parser.nextToken();
            if (!key.equals(EXPLAIN) || token != XContentParser.Token.VALUE_BOOLEAN) throw refusal(parser, "explain: true or false", key);
            explain = parser.booleanValue();
        }
        return new ExplainExtBuilder(explain);
    }

    private static ParsingException refusal(XContentParser parser, String expected, String got) {
        return new ParsingException(
            parser.getTokenLocation(),
            "[lexpand] expected " + expected + " in ext, got [" + got + "]. Write \"ext\": {\"lexpand\": {\"explain\": true}}."
        );
    }

    boolean isExplain() {
        return explain;
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder builder, Params params) throws IOException {
        return builder.startObject(NAME).field(EXPLAIN, explain).endObject();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ExplainExtBuilder that && that.explain == explain;
    }

    @Override
    public int hashCode() {
        return Objects.hash(NAME, explain);
    }
}
