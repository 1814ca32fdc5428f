// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import org.opensearch.common.hash.MessageDigests;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Identifies the present text of a document, so that a vector can be matched with it. The same value as
 * {@code textHash} in mappings/text/text-hash.ts and in the script of pipelines/ingest/ingest-pipeline.ts: change all or none.
 */
public final class TextHash {

    private TextHash() {}

    /**
     * @param source a document as maps, lists, strings, numbers and booleans
     * @param fields paths; {@code a.b} finds {@code {a: {b}}} and {@code {'a.b'}}
     * @return SHA-256 in hex of the strings joined by one space, or {@code not-text:<field>:<type>} where a value is not text
     */
    public static String of(Map<String, Object> source, List<String> fields) {
        List<String> pieces = new ArrayList<>();
        DocumentText.Problem problem = DocumentText.collect(source, fields, pieces);
        if (problem != null) return "not-text:" + problem.field() + ":" + problem.type();
        // A digest of this thread: the engine's fingerprint processor shares one and therefore writes wrong hashes.
        MessageDigest digest = MessageDigests.sha256();
        for (int at = 0; at < pieces.size(); at++) {
            if (at > 0) digest.update((byte) ' ');
            digest.update(pieces.get(at).getBytes(StandardCharsets.UTF_8));
        }
        return MessageDigests.toHexString(digest.digest());
    }
}
