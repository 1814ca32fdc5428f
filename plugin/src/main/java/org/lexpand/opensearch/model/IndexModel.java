// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The model that made the vectors of an index: {@code _meta.lexpand} of its mapping (mappings/specification.ts).
 *
 * @param fields text fields, in the order in which their values were joined
 */
public record IndexModel(
    List<String> fields,
    String sparseField,
    String fingerprint,
    String name,
    String version,
    String vocabularyHash,
    String queryTableHash
) {
    private static final String META = "lexpand";
    private static final int VERSION = 1;

    /**
     * @param meta {@code _meta} of the mapping, may be null
     * @throws IllegalArgumentException when the index is not Lexpand's, or of a newer Lexpand
     */
    public static IndexModel of(Map<String, Object> meta, String index) {
        Object found = meta == null ? null : meta.get(META);
        if (found == null) {
            throw new IllegalArgumentException(
                "[lexpand] expected an index that Lexpand has set up, got ["
                    + index
                    + "] without _meta.lexpand. Run lexpand index --index "
                    + index
                    + ", or ask an index that has vectors."
            );
        }
        Map<?, ?> specification = object(found, META, index);
        Map<?, ?> model = object(specification.get("model"), "model", index);
        if (!(specification.get("version") instanceof Number version) || version.intValue() != VERSION) {
            throw unfit("version [" + VERSION + "]", specification.get("version"), index);
        }
        return new IndexModel(
            strings(specification.get("fields"), index),
            string(specification, "sparse_field", index),
            string(specification, "fingerprint", index),
            string(model, "name", index),
            string(model, "version", index),
            string(model, "vocabulary_hash", index),
            string(model, "query_table_hash", index)
        );
    }

    private static Map<?, ?> object(Object value, String name, String index) {
        if (value instanceof Map<?, ?> map) return map;
        throw unfit("an object [" + name + "]", value, index);
    }

    private static String string(Map<?, ?> map, String name, String index) {
        if (map.get(name) instanceof String value) return value;
        throw unfit("a string [" + name + "]", map.get(name), index);
    }

    private static List<String> strings(Object value, String index) {
        if (!(value instanceof List<?> list) || list.isEmpty()) throw unfit("a list [fields]", value, index);
        List<String> strings = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof String string)) throw unfit("strings in [fields]", element, index);
            strings.add(string);
        }
        return List.copyOf(strings);
    }

    private static IllegalArgumentException unfit(String wanted, Object actual, String index) {
        return new IllegalArgumentException(
            "[lexpand] expected "
                + wanted
                + " in _meta.lexpand of index ["
                + index
                + "], got ["
                + actual
                + "]. Use the plugin of the Lexpand version that made the index, or reindex."
        );
    }
}
