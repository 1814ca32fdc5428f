// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.model;

import org.lexpand.opensearch.wordpiece.WordPieceTokenizer;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.xcontent.DeprecationHandler;
import org.opensearch.core.xcontent.NamedXContentRegistry;
import org.opensearch.core.xcontent.XContentParser;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Reads tokenizer.json and query-table.json, from the plugin's own jar or from a folder. */
final class ModelFiles {
    /** The largest vocabularies in use make files of 10 MB. */
    static final long LARGEST_FILE = 32L << 20;
    private static final String TOKENIZER = "tokenizer.json";
    private static final String TABLE = "query-table.json";

    private ModelFiles() {}

    /** The model that the build puts into the jar. */
    static Model bundled() {
        try {
            String name = (String) resource("manifest.json").get("name");
            return model(name, resource(TOKENIZER), resource(TABLE));
        } catch (IOException damaged) {
            throw new IllegalStateException("[lexpand] expected the bundled model inside the plugin, got none. Install the plugin again.", damaged);
        }
    }

    /** @throws IllegalArgumentException when the files do not make a model, IOException when they cannot be read */
    static Model read(Path folder) throws IOException {
        return model(folder.getFileName().toString(), file(folder.resolve(TOKENIZER)), file(folder.resolve(TABLE)));
    }

    private static Model model(String name, Map<String, Object> tokenizer, Map<String, Object> table) {
        return new Model(name, WordPieceTokenizer.of(tokenizer), new QueryTable(table));
    }

    private static Map<String, Object> resource(String name) throws IOException {
        try (InputStream stream = ModelFiles.class.getResourceAsStream("bundled/" + name)) {
            if (stream == null) throw new IOException("no " + name);
            return parse(stream);
        }
    }

    private static Map<String, Object> file(Path file) throws IOException {
        long size = Files.size(file);
        if (size > LARGEST_FILE) {
            throw new IllegalArgumentException(
                "[lexpand] expected at most " + LARGEST_FILE + " bytes in " + file + ", got " + size + ". Use the model's own file."
            );
        }
        try (InputStream stream = Files.newInputStream(file)) {
            return parse(stream);
        }
    }

    private static Map<String, Object> parse(InputStream stream) throws IOException {
        try (
            XContentParser parser = JsonXContent.jsonXContent.createParser(
                NamedXContentRegistry.EMPTY,
                DeprecationHandler.THROW_UNSUPPORTED_OPERATION,
                stream
            )
        ) {
            return parser.map();
        }
    }
}
