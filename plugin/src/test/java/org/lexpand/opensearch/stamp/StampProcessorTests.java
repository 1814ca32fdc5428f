// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import org.opensearch.OpenSearchParseException;
import org.opensearch.action.ActionRequest;
import org.opensearch.action.ActionType;
import org.opensearch.action.get.GetResponse;
import org.opensearch.action.get.MultiGetItemResponse;
import org.opensearch.action.get.MultiGetRequest;
import org.opensearch.action.get.MultiGetResponse;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.action.ActionResponse;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.index.get.GetResult;
import org.opensearch.ingest.IngestDocument;
import org.opensearch.ingest.IngestDocumentWrapper;
import org.opensearch.test.OpenSearchTestCase;
import org.opensearch.test.client.NoOpClient;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

import static org.opensearch.index.seqno.SequenceNumbers.UNASSIGNED_PRIMARY_TERM;
import static org.opensearch.index.seqno.SequenceNumbers.UNASSIGNED_SEQ_NO;

public class StampProcessorTests extends OpenSearchTestCase {

    private static final String HASH = TextHash.of(Map.of("body", "text"), List.of("body"));
    private static final Map<String, Object> VECTOR = Map.of("wing", 1.5);

    private static Map<String, Object> config() {
        return new HashMap<>(Map.of("fields", List.of("body"), "sparse_field", "body_sparse", "fingerprint", "f1"));
    }

    private static StampProcessor processor(StoredDocuments client, Map<String, Object> config) {
        return new StampProcessor.Factory(client::multiGet).create(Map.of(), "tag", "why", config);
    }

    private static IngestDocument document(String id, Map<String, Object> source) {
        return new IngestDocument("index", id, null, null, null, new HashMap<>(source));
    }

    private static Map<String, Object> ready(String text) {
        String hash = TextHash.of(Map.of("body", text), List.of("body"));
        return Map.of("body_sparse", VECTOR, "lexpand", Map.of("state", "ready", "text_hash", hash, "fingerprint", "f1"));
    }

    private static Object stateOf(IngestDocument document) {
        return document.getFieldValue("lexpand.state", String.class);
    }

    public void testADocumentThatIsSentAgainGetsTheStoredVector() {
        try (StoredDocuments stored = new StoredDocuments(Map.of("same", ready("text"), "changed", ready("other text")))) {
            List<IngestDocument> documents = new ArrayList<>();
            for (String id : List.of("same", "changed", "new")) documents.add(document(id, Map.of("body", "text")));
            documents.add(document(null, Map.of("body", "text")));
            List<IngestDocumentWrapper> batch = new ArrayList<>();
            for (IngestDocument document : documents) batch.add(new IngestDocumentWrapper(batch.size(), 0, document, null));
            AtomicReference<List<IngestDocumentWrapper>> answer = new AtomicReference<>();
            processor(stored, config()).batchExecute(batch, answer::set);
            assertSame(batch, answer.get());
            assertEquals(List.of("ready", "pending", "pending", "pending"), documents.stream().map(StampProcessorTests::stateOf).toList());
            assertEquals(VECTOR, documents.get(0).getFieldValue("body_sparse", Map.class));
            assertEquals(List.of("same", "changed", "new"), stored.asked);
        }
    }

    public void testADocumentWithASidecarOrWithoutTheOptionIsNotLookedUp() {
        try (StoredDocuments stored = new StoredDocuments(Map.of("same", ready("text")))) {
            IngestDocument forced = document("same", Map.of("body", "text", "lexpand", Map.of("state", "pending")));
            processor(stored, config()).execute(forced, (document, failure) -> assertNull(failure));
            assertEquals("pending", stateOf(forced));
            Map<String, Object> config = config();
            config.put("keep_vectors", false);
            IngestDocument again = document("same", Map.of("body", "text"));
            processor(stored, config).execute(again, (document, failure) -> assertNull(failure));
            assertEquals("pending", stateOf(again));
            assertEquals(List.of(), stored.asked);
        }
    }

    public void testADocumentStaysPendingWhenTheStoredOneCannotBeRead() {
        try (StoredDocuments stored = new StoredDocuments(null)) {
            IngestDocument document = document("same", Map.of("body", "text"));
            AtomicReference<IngestDocument> answer = new AtomicReference<>();
            processor(stored, config()).execute(document, (done, failure) -> answer.set(done));
            assertSame(document, answer.get());
            assertEquals("pending", stateOf(document));
        }
    }

    public void testALargeBatchIsLookedUpInParts() {
        Map<String, Map<String, Object>> sources = new HashMap<>();
        for (int at = 0; at < 250; at++) sources.put(String.valueOf(at), ready("text"));
        try (StoredDocuments stored = new StoredDocuments(sources)) {
            List<IngestDocumentWrapper> batch = new ArrayList<>();
            for (int at = 0; at < 250; at++) {
                batch.add(new IngestDocumentWrapper(at, 0, document(String.valueOf(at), Map.of("body", "text")), null));
            }
            AtomicReference<List<IngestDocumentWrapper>> answer = new AtomicReference<>();
            processor(stored, config()).batchExecute(batch, answer::set);
            assertSame(batch, answer.get());
            for (IngestDocumentWrapper item : batch) assertEquals("ready", stateOf(item.getIngestDocument()));
            assertEquals(List.of(100, 100, 50), stored.requests);
        }
    }

    public void testAnAddressThatIsNotTextIsNotLookedUp() {
        try (StoredDocuments stored = new StoredDocuments(Map.of("5", ready("text")))) {
            for (String part : List.of("_id", "_index", "_routing")) {
                IngestDocument document = document("5", Map.of("body", "text"));
                document.getSourceAndMetadata().put(part, 5);
                AtomicReference<IngestDocument> answer = new AtomicReference<>();
                processor(stored, config()).execute(document, (done, failure) -> answer.set(done));
                assertSame(document, answer.get());
                assertEquals("pending", stateOf(document));
            }
            assertEquals(List.of(), stored.asked);
        }
    }

    public void testADocumentThatCannotBeReadIsPendingWithoutHash() {
        try (StoredDocuments stored = new StoredDocuments(Map.of())) {
            Map<String, Object> broken = new HashMap<>(Map.of("body", "text"));
            Map<String, Object> sidecar = new HashMap<>(Map.of("state", "ready", "fingerprint", "f1")) {
                @Override
                public Object get(Object key) {
                    throw new IllegalStateException("broken");
                }
            };
            broken.put("lexpand", sidecar);
            broken.put("body_sparse", VECTOR);
            IngestDocument document = document("1", broken);
            document.getSourceAndMetadata().put("lexpand", sidecar);
            assertSame(document, processor(stored, config()).execute(document));
            assertEquals(Map.of("state", "pending"), withoutClock(document.getFieldValue("lexpand", Map.class)));
            assertFalse(document.hasField("body_sparse"));
        }
    }

    public void testWrongConfigurationIsRefusedWithWhatToDo() {
        assertRefused("fields", List.of(), "[fields] expected one or more names of text fields, got []. Name the fields of");
        assertRefused("fields", List.of(1), "[fields] expected one or more names");
        assertRefused("fields", List.of("a", "a"), "Name each once");
        assertRefused("fields", null, "[fields] required property is missing");
        assertRefused("sparse_field", "a.b", "[sparse_field] expected a top-level field");
        assertRefused("sparse_field", "body", "[sparse_field] expected a top-level field");
        assertRefused("sparse_field", "lexpand", "[sparse_field] expected a top-level field");
        assertRefused("fingerprint", null, "[fingerprint] required property is missing");
        assertRefused("keep_vectors", "maybe", "[keep_vectors] property isn't a boolean");
    }

    private void assertRefused(String key, Object value, String message) {
        Map<String, Object> config = config();
        if (value == null) config.remove(key);
        else config.put(key, value);
        try (StoredDocuments stored = new StoredDocuments(Map.of())) {
            Exception refusal = expectThrows(OpenSearchParseException.class, () -> processor(stored, config));
            assertTrue(refusal.getMessage(), refusal.getMessage().contains(message));
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> withoutClock(Map<?, ?> sidecar) {
        Map<String, Object> copy = new HashMap<>((Map<String, Object>) sidecar);
        copy.remove("pending_since");
        return copy;
    }

    /** Answers multi-get from a map of sources; null fails every request. */
    private final class StoredDocuments extends NoOpClient {

        private final Map<String, Map<String, Object>> sources;
        private final List<String> asked = new ArrayList<>();
        private final List<Integer> requests = new ArrayList<>();

        StoredDocuments(Map<String, Map<String, Object>> sources) {
            super(getTestName());
            this.sources = sources;
        }

        @Override
        @SuppressWarnings("unchecked")
        protected <Request extends ActionRequest, Response extends ActionResponse> void doExecute(
            ActionType<Response> action,
            Request request,
            ActionListener<Response> listener
        ) {
            if (sources == null) {
                listener.onFailure(new IllegalStateException("no permission"));
                return;
            }
            requests.add(((MultiGetRequest) request).getItems().size());
            List<MultiGetItemResponse> items = new ArrayList<>();
            for (MultiGetRequest.Item item : ((MultiGetRequest) request).getItems()) {
                asked.add(item.id());
                Map<String, Object> source = sources.get(item.id());
                GetResult found = source == null
                    ? new GetResult("index", item.id(), UNASSIGNED_SEQ_NO, UNASSIGNED_PRIMARY_TERM, -1, false, null, Map.of(), Map.of())
                    : new GetResult("index", item.id(), 1, 1, 1, true, bytes(source), Map.of(), Map.of());
                items.add(new MultiGetItemResponse(new GetResponse(found), null));
            }
            listener.onResponse((Response) new MultiGetResponse(items.toArray(MultiGetItemResponse[]::new)));
        }

        private static BytesReference bytes(Map<String, Object> source) {
            try {
                return BytesReference.bytes(JsonXContent.contentBuilder().map(source));
            } catch (IOException impossible) {
                throw new AssertionError(impossible);
            }
        }
    }
}
