// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.model;

import org.lexpand.opensearch.wordpiece.JavaScriptJson;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.test.OpenSearchTestCase;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

public class ModelsTests extends OpenSearchTestCase {

    public void testHashesOfTheBundledModelAreThoseOfItsManifest() throws IOException {
        Model model = Models.load(null).bundled();
        try (InputStream stream = ModelFiles.class.getResourceAsStream("bundled/manifest.json")) {
            Map<String, Object> manifest = XContentHelper.convertToMap(JsonXContent.jsonXContent, stream, false);
            assertEquals(manifest.get("name"), model.name());
            assertEquals(manifest.get("vocabulary_hash"), model.tokenizer().vocabularyHash());
            assertEquals(manifest.get("query_table_hash"), model.table().hash());
        }
    }

    public void testNumbersAreWrittenAsJavaScriptDoes() {
        Map<Double, String> expected = Map.ofEntries(
            Map.entry(1.0, "1"),
            Map.entry(0.1, "0.1"),
            Map.entry(15.59, "15.59"),
            Map.entry(100.0, "100"),
            Map.entry(12345678.9, "12345678.9"),
            Map.entry(1e20, "100000000000000000000"),
            Map.entry(1e21, "1e+21"),
            Map.entry(1.5e22, "1.5e+22"),
            Map.entry(0.000001, "0.000001"),
            Map.entry(0.00000123, "0.00000123"),
            Map.entry(0.000000123, "1.23e-7"),
            Map.entry(1e-7, "1e-7"),
            Map.entry(5.7729340000000002, "5.772934")
        );
        expected.forEach((value, text) -> assertEquals(text, JavaScriptJson.number(value)));
    }

    public void testStringsAreWrittenAsJavaScriptDoes() {
        StringBuilder json = new StringBuilder();
        JavaScriptJson.append(json, "a\"\\\n\u0001\u00e9\u2028\ud83d\udc4d\ud800x\udc00");
        assertEquals("\"a\\\"\\\\\\n\\u0001\u00e9\u2028\ud83d\udc4d\\ud800x\\udc00\"", json.toString());
    }

    public void testAFolderOfTheConfigurationIsAModel() throws IOException {
        Path configuration = createTempDir();
        write(configuration, "small", "{\"wing\": 2}");
        Models models = Models.load(configuration);
        Model small = models.named("small");
        assertEquals(2.0, small.table().weight("wing"), 0);
        assertEquals(0.0, small.table().weight("bird"), 0);
        assertSame(small, models.fitting(wanted("small", small)));
        assertSame(models.bundled(), models.fitting(wanted("any", models.bundled())));
    }

    public void testABrokenFolderKeepsNothingFromStartingAndSaysWhyWhenAskedFor() throws IOException {
        Path configuration = createTempDir();
        write(configuration, "broken", "{\"wing\": \"heavy\"}");
        Models models = Models.load(configuration);
        assertMessage("config/lexpand/broken cannot be used", expectThrows(IllegalArgumentException.class, () -> models.named("broken")));
        assertMessage("got [heavy]", expectThrows(IllegalArgumentException.class, () -> models.named("broken")));
        assertMessage("Copy the model's", expectThrows(IllegalArgumentException.class, () -> models.named("missing")));
    }

    public void testAnIndexOfAnotherTableIsRefusedWithBothHashes() {
        Models models = Models.load(null);
        IndexModel foreign = new IndexModel(List.of("body"), "body_sparse", "f1", "other", "1", models.bundled().tokenizer().vocabularyHash(), "0abc");
        Exception refused = expectThrows(IllegalArgumentException.class, () -> models.fitting(foreign));
        assertMessage("0abc", refused);
        assertMessage(models.bundled().table().hash(), refused);
        assertMessage("config/lexpand/other", refused);
    }

    public void testAMappingWithoutSpecificationIsRefused() {
        assertMessage("without _meta.lexpand", expectThrows(IllegalArgumentException.class, () -> IndexModel.of(null, "articles")));
        assertMessage("without _meta.lexpand", expectThrows(IllegalArgumentException.class, () -> IndexModel.of(Map.of(), "articles")));
        Map<String, Object> newer = Map.of("lexpand", Map.of("version", 2, "model", Map.of()));
        assertMessage("version [1]", expectThrows(IllegalArgumentException.class, () -> IndexModel.of(newer, "articles")));
        Map<String, Object> damaged = Map.of("lexpand", Map.of("version", 1, "model", Map.of(), "fields", List.of(3)));
        assertMessage("strings in [fields]", expectThrows(IllegalArgumentException.class, () -> IndexModel.of(damaged, "articles")));
    }

    private static IndexModel wanted(String name, Model model) {
        return new IndexModel(List.of("body"), "body_sparse", "f", name, "1", model.tokenizer().vocabularyHash(), model.table().hash());
    }

    private static void write(Path configuration, String name, String table) throws IOException {
        Path folder = Files.createDirectories(configuration.resolve("lexpand").resolve(name));
        try (InputStream tokenizer = ModelFiles.class.getResourceAsStream("bundled/tokenizer.json")) {
            Files.copy(tokenizer, folder.resolve("tokenizer.json"));
        }
        Files.writeString(folder.resolve("query-table.json"), table);
    }

    private static void assertMessage(String part, Exception exception) {
        assertTrue(exception.getMessage(), exception.getMessage().contains(part));
    }
}
