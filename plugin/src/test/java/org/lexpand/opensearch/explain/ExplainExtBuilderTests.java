// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import org.opensearch.common.io.stream.BytesStreamOutput;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.common.ParsingException;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.xcontent.ToXContent;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.test.OpenSearchTestCase;

import java.io.IOException;

public class ExplainExtBuilderTests extends OpenSearchTestCase {

    private ExplainExtBuilder parsed(String json) throws IOException {
        try (XContentParser parser = createParser(JsonXContent.jsonXContent, json)) {
            parser.nextToken();
            return ExplainExtBuilder.fromXContent(parser);
        }
    }

    public void testSurvivesTheWireAndJson() throws IOException {
        for (boolean explain : new boolean[] { true, false }) {
            ExplainExtBuilder builder = new ExplainExtBuilder(explain);
            BytesStreamOutput out = new BytesStreamOutput();
            builder.writeTo(out);
            assertEquals(builder, new ExplainExtBuilder(out.bytes().streamInput()));
            assertEquals(builder.hashCode(), new ExplainExtBuilder(explain).hashCode());
            XContentBuilder json = JsonXContent.contentBuilder().startObject();
            builder.toXContent(json, ToXContent.EMPTY_PARAMS).endObject();
            String text = BytesReference.bytes(json).utf8ToString();
            assertEquals("{\"lexpand\":{\"explain\":" + explain + "}}", text);
            assertEquals(builder, parsed("{\"explain\":" + explain + "}"));
        }
        assertNotEquals(new ExplainExtBuilder(true), new ExplainExtBuilder(false));
        assertEquals(new ExplainExtBuilder(false), parsed("{}"));
    }

    public void testAnythingElseIsRefused() {
        for (String json : new String[] { "[true]", "{\"explain\": \"true\"}", "{\"explan\": true}", "{\"explain\": {}}" }) {
            ParsingException refusal = expectThrows(ParsingException.class, () -> parsed(json));
            assertTrue(refusal.getMessage(), refusal.getMessage().contains("Write \"ext\": {\"lexpand\": {\"explain\": true}}."));
        }
    }
}
