// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import org.opensearch.common.xcontent.LoggingDeprecationHandler;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.xcontent.MediaType;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentParser;
import org.opensearch.core.xcontent.XContentParserUtils;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/** Reads some top-level fields of a source: a vector of hundreds of tokens costs more to read than all the rest. */
final class SourceParts {

    private SourceParts() {}

    static Map<String, Object> read(BytesReference source, MediaType format, Predicate<String> isWanted) throws IOException {
        Map<String, Object> parts = new HashMap<>();
        try (
            XContentParser parser = XContentHelper.createParser(
                NamedXContentRegistry.EMPTY,
                LoggingDeprecationHandler.INSTANCE,
                source,
                format
            )
        ) {
            parser.nextToken();
            while (parser.nextToken() == XContentParser.Token.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                if (isWanted.test(name)) parts.put(name, XContentParserUtils.parseFieldsValue(parser));
                else parser.skipChildren();
            }
        }
        return parts;
    }
}
