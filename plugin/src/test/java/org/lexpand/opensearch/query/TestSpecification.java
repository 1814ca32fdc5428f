// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.lexpand.opensearch.model.Model;

import java.util.List;
import java.util.Map;

/** The content of {@code _meta.lexpand} of an index, for a model that a test has loaded. */
final class TestSpecification {
    private TestSpecification() {}

    static Map<String, Object> of(Model model, String textField, String sparseField) {
        Map<String, Object> described = Map.of(
            "name",
            model.name(),
            "version",
            "1",
            "identity",
            "i",
            "vocabulary_hash",
            model.tokenizer().vocabularyHash(),
            "query_table_hash",
            model.table().hash()
        );
        return Map.of("version", 1, "fields", List.of(textField), "sparse_field", sparseField, "fingerprint", "f", "model", described);
    }
}
