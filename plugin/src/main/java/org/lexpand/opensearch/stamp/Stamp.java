// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

import static org.lexpand.opensearch.stamp.StampSpecification.SIDECAR;

/**
 * The rule for the state and vector of a document; the same as the script in pipelines/ingest/ingest-pipeline.ts.
 *
 * <p>A document whose stored hash, fingerprint and vector fit its text is not changed. Any other becomes
 * {@code pending} without a vector, so that a vector of another text is never searched.
 */
public final class Stamp {

    /** The keys of the sidecar (mappings/sidecar.ts); any other that a client sends is dropped. */
    static final Set<String> SIDECAR_KEYS = Set.of(
        "state",
        "text_hash",
        "pending_since",
        "fingerprint",
        "encoded_at",
        "tokens",
        "windows",
        "truncated",
        "error",
        "copied_from"
    );

    private static final Set<String> STATES = Set.of("pending", "ready", "empty", "failed");

    private Stamp() {}

    /**
     * Whether a document has a value of its owner under a name of Lexpand's (mappings/own-values.ts). It is left alone: the
     * mapping does not take the value, so the engine refuses the document by that field's name.
     */
    static boolean hasForeignValue(Map<String, Object> document, StampSpecification specification) {
        Object vector = document.get(specification.sparseField());
        if (vector != null && !(vector instanceof Map<?, ?>)) return true;
        Object sidecar = document.get(SIDECAR);
        if (sidecar == null) return false;
        if (!(sidecar instanceof Map<?, ?> own)) return true;
        boolean hasState = own.get("state") instanceof String state && STATES.contains(state);
        return !hasState && !SIDECAR_KEYS.containsAll(own.keySet());
    }

    /**
     * @param document is changed: its sidecar and its vector
     * @param now time from which a new text waits for its vector; null to leave it out
     */
    static void apply(Map<String, Object> document, StampSpecification specification, Instant now) {
        if (hasForeignValue(document, specification)) return;
        String hash = TextHash.of(document, specification.fields());
        if (isSettled(document, specification, hash)) {
            ((Map<?, ?>) document.get(SIDECAR)).keySet().retainAll(SIDECAR_KEYS);
            return;
        }
        Object since = waitsSince(document.get(SIDECAR), hash);
        document.put(SIDECAR, pending(hash, since == null && now != null ? now.toString() : since));
        document.remove(specification.sparseField());
    }

    /**
     * @param hash null where the text cannot be read; the worker then computes it
     * @param since null when it is not known
     */
    static Map<String, Object> pending(String hash, Object since) {
        Map<String, Object> sidecar = new HashMap<>();
        sidecar.put("state", "pending");
        if (hash != null) sidecar.put("text_hash", hash);
        if (since != null) sidecar.put("pending_since", since);
        return sidecar;
    }

    /** The time that a sidecar of this text has been pending since, or null. */
    private static Object waitsSince(Object old, String hash) {
        if (!(old instanceof Map<?, ?> sidecar) || !"pending".equals(sidecar.get("state"))) return null;
        if (!hash.equals(sidecar.get("text_hash")) || !(sidecar.get("pending_since") instanceof String since)) return null;
        try {
            Instant.parse(since);
            return since;
        } catch (DateTimeParseException madeUp) {
            return null;
        }
    }

    /**
     * Whether there is nothing to encode: the sidecar belongs to this text and specification, and the vector exists if
     * the sidecar says so.
     */
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
