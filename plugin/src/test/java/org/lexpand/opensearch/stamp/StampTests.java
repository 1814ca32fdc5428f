// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import org.opensearch.test.OpenSearchTestCase;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class StampTests extends OpenSearchTestCase {

    private static final StampSpecification SPECIFICATION = new StampSpecification(List.of("body"), "body_sparse", "f1");
    private static final String HASH = TextHash.of(Map.of("body", "text"), List.of("body"));

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.006Z");

    private static Map<String, Object> document(Object state, String hash, String fingerprint, Object vector) {
        Map<String, Object> sidecar = new HashMap<>(Map.of("text_hash", hash, "fingerprint", fingerprint, "tokens", 1));
        sidecar.put("state", state);
        Map<String, Object> document = new HashMap<>(Map.of("body", "text", "lexpand", sidecar));
        if (vector != null) document.put("body_sparse", vector);
        return document;
    }

    private static Map<String, Object> stamped(Map<String, Object> document) {
        Map<String, Object> copy = new HashMap<>(document);
        Stamp.apply(copy, SPECIFICATION, NOW);
        return copy;
    }

    public void testWhatFitsItsTextStaysAsItIs() {
        Map<String, Object> vector = Map.of("wing", 1.5);
        for (Map<String, Object> settled : List.of(
            document("ready", HASH, "f1", vector),
            document("empty", HASH, "f1", null),
            document("failed", HASH, "f1", null)
        )) {
            assertEquals(settled, stamped(settled));
        }
    }

    public void testAnythingElseIsPendingWithoutAVector() {
        Map<String, Object> vector = Map.of("wing", 1.5);
        for (Map<String, Object> open : List.of(
            document("ready", "other", "f1", vector),
            document("ready", HASH, "f2", vector),
            document("ready", HASH, "f1", null),
            document("ready", HASH, "f1", Map.of()),
            document("empty", HASH, "f1", vector),
            document("pending", HASH, "f1", vector),
            document("pending", HASH, "f1", null),
            document(null, HASH, "f1", vector),
            document(7, HASH, "f1", vector),
            Map.<String, Object>of("body", "text")
        )) {
            assertEquals(Map.of("body", "text", "lexpand", pendingSince(NOW.toString())), stamped(open));
        }
    }

    public void testADocumentWithAValueOfItsOwnerUnderOurNamesIsLeftAlone() {
        for (Map<String, Object> owned : List.of(
            document("ready", HASH, "f1", "wing"),
            Map.<String, Object>of("body", "text", "lexpand", "ready", "body_sparse", Map.of("wing", 1.5)),
            Map.<String, Object>of("body", "text", "lexpand", Map.of("brand", "x"))
        )) {
            assertEquals(owned, stamped(owned));
        }
    }

    public void testATextThatWaitsKeepsTheTimeSinceWhen() {
        String before = "2025-12-31T00:00:00Z";
        assertEquals(pendingSince(before), stamped(waiting(HASH, before)).get("lexpand"));
        assertEquals(pendingSince(NOW.toString()), stamped(waiting("other", before)).get("lexpand"));
        assertEquals(pendingSince(NOW.toString()), stamped(waiting(HASH, "yesterday")).get("lexpand"));
        assertEquals(pendingSince(NOW.toString()), stamped(waiting(HASH, 5)).get("lexpand"));
        Map<String, Object> withoutClock = waiting("other", before);
        Stamp.apply(withoutClock, SPECIFICATION, null);
        assertEquals(Map.of("state", "pending", "text_hash", HASH), withoutClock.get("lexpand"));
    }

    private static Map<String, Object> waiting(String hash, Object since) {
        Map<String, Object> document = document("pending", hash, "f1", null);
        sidecar(document).put("pending_since", since);
        return document;
    }

    public void testUnknownKeysOfASidecarThatIsKeptAreDropped() {
        Map<String, Object> document = document("ready", HASH, "f1", Map.of("wing", 1.5));
        Map<String, Object> expected = document("ready", HASH, "f1", Map.of("wing", 1.5));
        sidecar(document).put("surprise", 1);
        assertEquals(expected, stamped(document));
    }

    public void testSpecificationIsReadFromTheMappingOrNotAtAll() {
        Map<String, Object> own = Map.of("fields", List.of("body"), "sparse_field", "body_sparse", "fingerprint", "f1", "version", 1);
        assertEquals(SPECIFICATION, StampSpecification.of(Map.of("lexpand", own)));
        assertNull(StampSpecification.of(null));
        assertNull(StampSpecification.of(Map.of("other", own)));
        assertNull(StampSpecification.of(Map.of("lexpand", "text")));
        Map<String, Object> newer = new HashMap<>(own);
        newer.put("version", 2);
        assertNull(StampSpecification.of(Map.of("lexpand", newer)));
        for (String key : List.of("fields", "sparse_field", "fingerprint", "version")) {
            Map<String, Object> damaged = new HashMap<>(own);
            damaged.remove(key);
            assertNull(StampSpecification.of(Map.of("lexpand", damaged)));
            damaged.put(key, List.of());
            assertNull(StampSpecification.of(Map.of("lexpand", damaged)));
        }
        assertNull(StampSpecification.of(Map.of("lexpand", Map.of("fields", List.of(1), "sparse_field", "s", "fingerprint", "f", "version", 1))));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> sidecar(Map<String, Object> document) {
        return (Map<String, Object>) document.get("lexpand");
    }

    private static Map<String, Object> pendingSince(String time) {
        return Map.of("state", "pending", "text_hash", HASH, "pending_since", time);
    }
}
