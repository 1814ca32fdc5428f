// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import static org.lexpand.opensearch.stamp.StampSpecification.SIDECAR;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The one rule of what a document may say of its vector; the same as the script in pipelines/ingest-pipeline.ts.
 *
 * <p>A document whose stored hash, fingerprint and vector fit its text stays as it is. Any other becomes {@code pending}
 * without a vector, so that a vector of another text is never searched.
 */
public final class Stamp {

    /** The keys of the sidecar (mappings/sidecar.ts); any other that a client sends is dropped. */
    static final Set<String> SIDECAR_KEYS = Set.of(
        "state",
        "text_hash",
        "fingerprint",
        "encoded_at",
        "tokens",
        "windows",
        "truncated",
        "error",
        "copied_from"
    );

    private Stamp() {}

    /**
     * @param document is changed: its sidecar and its vector
     */
    public static void apply(Map<String, Object> document, StampSpecification specification) {
        String hash = TextHash.of(document, specification.fields());
        if (isSettled(document, specification, hash)) {
            ((Map<?, ?>) document.get(SIDECAR)).keySet().retainAll(SIDECAR_KEYS);
            return;
        }
        Map<String, Object> sidecar = new HashMap<>();
        sidecar.put("state", "pending");
        sidecar.put("text_hash", hash);
        document.put(SIDECAR, sidecar);
        document.remove(specification.sparseField());
    }

    /** The sidecar of a document whose text cannot be read; the worker works the hash out. */
    static Map<String, Object> withoutHash() {
        Map<String, Object> sidecar = new HashMap<>();
        sidecar.put("state", "pending");
        return sidecar;
    }

    /** Whether nothing is to be encoded: the sidecar belongs to this text and this set-up, and the vector is there if it says so. */
    static boolean isSettled(Map<String, Object> document, StampSpecification specification, String hash) {
        if (!(document.get(SIDECAR) instanceof Map<?, ?> sidecar)) return false;
        if (!hash.equals(sidecar.get("text_hash"))) return false;
        if (!specification.fingerprint().equals(sidecar.get("fingerprint"))) return false;
        Object vector = document.get(specification.sparseField());
        Object state = sidecar.get("state");
        if ("ready".equals(state)) return vector instanceof Map<?, ?> weights && !weights.isEmpty();
        return ("empty".equals(state) || "failed".equals(state)) && vector == null;
    }
}
