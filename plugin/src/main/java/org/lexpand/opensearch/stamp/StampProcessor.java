// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import org.opensearch.action.get.MultiGetRequest;
import org.opensearch.action.get.MultiGetResponse;
import org.opensearch.core.action.ActionListener;
import org.opensearch.ingest.AbstractProcessor;
import org.opensearch.ingest.ConfigurationUtils;
import org.opensearch.ingest.IngestDocument;
import org.opensearch.ingest.IngestDocumentWrapper;
import org.opensearch.ingest.Processor;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import static org.lexpand.opensearch.stamp.StampSpecification.SIDECAR;

/**
 * Ingest processor {@code lexpand_stamp}: marks documents whose text has no vector as pending.
 *
 * <pre>{"lexpand_stamp": {"fields": ["title", "body"], "sparse_field": "body_sparse", "fingerprint": "0123456789abcdef"}}</pre>
 *
 * A document that is sent again with the same text gets the stored vector, unless {@code "keep_vectors": false}.
 * Never fails a document: one that cannot be read becomes pending without a hash, as in the stock pipeline.
 */
public final class StampProcessor extends AbstractProcessor {

    public static final String TYPE = "lexpand_stamp";

    private final StampSpecification specification;
    private final StoredVectors stored;

    /** @param stored null to have documents encoded again when they are sent again */
    StampProcessor(String tag, String description, StampSpecification specification, StoredVectors stored) {
        super(tag, description);
        this.specification = specification;
        this.stored = stored;
    }

    @Override
    public void execute(IngestDocument document, BiConsumer<IngestDocument, Exception> handler) {
        boolean isNew = hasNoSidecar(document);
        execute(document);
        if (stored == null || !isNew || !hasAddress(document)) handler.accept(document, null);
        else stored.restore(List.of(document), specification, () -> handler.accept(document, null));
    }

    @Override
    public void batchExecute(List<IngestDocumentWrapper> batch, Consumer<List<IngestDocumentWrapper>> handler) {
        List<IngestDocument> sentAgain = new ArrayList<>();
        for (IngestDocumentWrapper item : batch) {
            IngestDocument document = item.getIngestDocument();
            if (document == null || item.getException() != null) continue;
            boolean isNew = hasNoSidecar(document);
            execute(document);
            if (isNew && hasAddress(document)) sentAgain.add(document);
        }
        if (stored == null) handler.accept(batch);
        else stored.restore(sentAgain, specification, () -> handler.accept(batch));
    }

    @Override
    public IngestDocument execute(IngestDocument document) {
        Map<String, Object> source = document.getSourceAndMetadata();
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        try {
            Stamp.apply(source, specification, now);
        } catch (RuntimeException unreadable) {
            source.remove(specification.sparseField());
            source.put(SIDECAR, Stamp.pending(null, now.toString()));
        }
        return document;
    }

    @Override
    public String getType() {
        return TYPE;
    }

    /** Whether the document comes from the client's own source and was not read from the index. */
    private boolean hasNoSidecar(IngestDocument document) {
        Map<String, Object> source = document.getSourceAndMetadata();
        return !source.containsKey(SIDECAR) && !source.containsKey(specification.sparseField());
    }

    /** A script of the pipeline may have put anything there. */
    private static boolean hasAddress(IngestDocument document) {
        Map<String, Object> source = document.getSourceAndMetadata();
        Object routing = source.get("_routing");
        return source.get("_id") instanceof String
            && source.get("_index") instanceof String
            && (routing == null || routing instanceof String);
    }

    StampSpecification specification() {
        return specification;
    }

    /** Reads the processor's configuration. */
    public static final class Factory implements Processor.Factory {

        private final BiConsumer<MultiGetRequest, ActionListener<MultiGetResponse>> multiGet;

        /** @param multiGet of the node's client */
        public Factory(BiConsumer<MultiGetRequest, ActionListener<MultiGetResponse>> multiGet) {
            this.multiGet = multiGet;
        }

        @Override
        public StampProcessor create(
            Map<String, Processor.Factory> processors,
            String tag,
            String description,
            Map<String, Object> config
        ) {
            List<?> names = ConfigurationUtils.readList(TYPE, tag, config, "fields");
            String sparseField = ConfigurationUtils.readStringProperty(TYPE, tag, config, "sparse_field");
            String fingerprint = ConfigurationUtils.readStringProperty(TYPE, tag, config, "fingerprint");
            if (names.isEmpty() || !names.stream().allMatch(name -> name instanceof String text && !text.isEmpty())) {
                throw ConfigurationUtils.newConfigurationException(
                    TYPE,
                    tag,
                    "fields",
                    "expected one or more names of text fields, got " + names + ". Name the fields of _meta.lexpand.fields."
                );
            }
            List<String> fields = names.stream().map(String.class::cast).toList();
            if (new HashSet<>(fields).size() < fields.size()) {
                throw ConfigurationUtils.newConfigurationException(
                    TYPE,
                    tag,
                    "fields",
                    "expected distinct text fields, got " + fields + ". Name each once."
                );
            }
            if (sparseField.isEmpty() || sparseField.contains(".") || sparseField.equals(SIDECAR) || fields.contains(sparseField)) {
                throw ConfigurationUtils.newConfigurationException(
                    TYPE,
                    tag,
                    "sparse_field",
                    "expected a top-level field apart from the text fields and " + SIDECAR + ", got [" + sparseField + "]. Name the rank_features field."
                );
            }
            boolean keepsVectors = ConfigurationUtils.readBooleanProperty(TYPE, tag, config, "keep_vectors", true);
            return new StampProcessor(
                tag,
                description,
                new StampSpecification(fields, sparseField, fingerprint),
                keepsVectors ? new StoredVectors(multiGet) : null
            );
        }
    }
}
