// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.opensearch.common.hash.MessageDigests;

/**
 * Names the text that a document has now, so that a vector can be matched with it. The same walk and the same value as
 * {@code textHash} in mappings/text-hash.ts and the script in pipelines/ingest-pipeline.ts: change all or none.
 */
public final class TextHash {

    /** Arrays nested deeper than this are refused, as in mappings/text.ts. */
    static final int MAX_NESTING = 64;

    private TextHash() {}

    /**
     * @param source a document as maps, lists, strings, numbers and booleans
     * @param fields paths; {@code a.b} finds {@code {a: {b}}} and {@code {'a.b'}}
     * @return SHA-256 in hex of the strings joined by one space, or {@code not-text:<field>:<type>} where a value is not text
     */
    public static String of(Map<String, Object> source, List<String> fields) {
        List<String> pieces = new ArrayList<>();
        for (String field : fields) {
            String type = collect(source, field, 0, pieces);
            if (type != null) return "not-text:" + field + ":" + type;
        }
        // A digest of this thread: sharing one is what makes the engine's fingerprint processor write wrong hashes.
        MessageDigest digest = MessageDigests.sha256();
        for (int at = 0; at < pieces.size(); at++) {
            if (at > 0) digest.update((byte) ' ');
            digest.update(pieces.get(at).getBytes(StandardCharsets.UTF_8));
        }
        return MessageDigests.toHexString(digest.digest());
    }

    /**
     * Adds the strings under {@code path} to {@code pieces}; a null path means that the value itself is wanted.
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
