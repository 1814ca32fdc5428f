// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The text of a document that is encoded. The same walk as mappings/text/document-text.ts and
 * mappings/text/text-script.ts: change all or none.
 */
public final class DocumentText {

    /** Arrays nested deeper than this are refused. */
    static final int MAX_NESTING = 64;

    private DocumentText() {}

    /** The first value that is not text. */
    record Problem(String field, String type) {}

    /**
     * The strings of all fields joined by one space.
     *
     * @param source a document as maps, lists, strings, numbers and booleans
     * @param fields paths; {@code a.b} finds {@code {a: {b}}} and {@code {'a.b'}}
     * @return empty where a value is not text: such a document has no vector
     */
    public static String of(Map<String, Object> source, List<String> fields) {
        List<String> pieces = new ArrayList<>();
        return collect(source, fields, pieces) == null ? String.join(" ", pieces) : "";
    }

    /** Adds the strings of all fields to {@code pieces}; null when all of them are text. */
    static Problem collect(Map<String, Object> source, List<String> fields, List<String> pieces) {
        for (String field : fields) {
            String type = collect(source, field, 0, pieces);
            if (type != null) return new Problem(field, type);
        }
        return null;
    }

    /**
     * Adds the strings under {@code path} to {@code pieces}; a null path means the value itself.
     *
     * @return the type of the first value that is not text, or null
     */
    private static String collect(Object node, String path, int depth, List<String> pieces) {
        if (depth > MAX_NESTING) return "array";
        if (node instanceof List<?> list) {
            for (Object item : list) {
                String type = collect(item, path, depth + 1, pieces);
                if (type != null) return type;
            }
            return null;
        }
        if (path == null) return value(node, pieces);
        if (!(node instanceof Map<?, ?> map)) return null;
        if (map.containsKey(path)) {
            String type = collect(map.get(path), null, depth + 1, pieces);
            if (type != null) return type;
        }
        for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
            String head = path.substring(0, dot);
            if (!map.containsKey(head)) continue;
            String type = collect(map.get(head), path.substring(dot + 1), depth + 1, pieces);
            if (type != null) return type;
        }
        return null;
    }

    private static String value(Object node, List<String> pieces) {
        if (node == null) return null;
        if (node instanceof String text) {
            pieces.add(text);
            return null;
        }
        if (node instanceof Map) return "object";
        return node instanceof Boolean ? "boolean" : "number";
    }
}
