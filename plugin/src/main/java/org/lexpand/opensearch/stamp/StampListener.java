// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.util.BytesRef;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.XContentType;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.index.shard.ShardId;
import org.opensearch.core.xcontent.MediaType;
import org.opensearch.core.xcontent.MediaTypeRegistry;
import org.opensearch.core.xcontent.XContentBuilder;
import org.opensearch.index.IndexService;
import org.opensearch.index.engine.Engine;
import org.opensearch.index.mapper.DocumentMapper;
import org.opensearch.index.mapper.MapperService;
import org.opensearch.index.mapper.ParseContext;
import org.opensearch.index.mapper.ParsedDocument;
import org.opensearch.index.mapper.SourceToParse;
import org.opensearch.index.shard.IndexEventListener;
import org.opensearch.index.shard.IndexingOperationListener;

import java.io.IOException;
import java.util.Map;

import static org.lexpand.opensearch.stamp.StampSpecification.SIDECAR;

/**
 * Stamps documents that no ingest pipeline sees: partial updates inside {@code _bulk}, scripted updates, writes with
 * {@code pipeline=_none}. One instance for each index; it watches those whose mapping has {@code _meta.lexpand}.
 *
 * <p>The engine drops what {@link IndexingOperationListener#preIndex} returns (3.6.0,
 * {@code IndexingOperationListener.CompositeListener}), so it changes the parsed document in place: its source and the Lucene
 * fields of sidecar, vector and source.
 *
 * <p>A replica gets the source as the primary got it, not as the primary stored it. The change therefore depends only
 * on the source and the mapping, not on a clock, and is made on primaries and replicas alike; all copies and the
 * translog are then equal. Recovery replays stored documents, which are left alone.
 */
public final class StampListener implements IndexingOperationListener, IndexEventListener {

    private static final Logger LOGGER = LogManager.getLogger(StampListener.class);
    private static final String STATE_FIELD = SIDECAR + ".state";
    private static final String SIDECAR_PREFIX = SIDECAR + ".";
    private static final BytesRef PENDING = new BytesRef("pending");
    private static final Map<String, Object> SOME_VECTOR = Map.of("", 1);

    private volatile MapperService mappers;
    private volatile Watched watched = new Watched(null, null);
    private volatile DocumentMapper reported;

    /** The specification read from a mapper; a changed mapping has another mapper. */
    private record Watched(DocumentMapper mapper, StampSpecification specification) {}

    @Override
    public void afterIndexCreated(IndexService index) {
        mappers = index.mapperService();
    }

    @Override
    public Engine.Index preIndex(ShardId shard, Engine.Index operation) {
        StampSpecification specification = specification();
        if (specification == null || operation.origin().isRecovery()) return operation;
        ParsedDocument document = operation.parsedDoc();
        if (claimsNothing(document.rootDoc(), specification)) return operation;
        try {
            stamp(shard, document, specification);
        } catch (Exception unreadable) {
            report("[lexpand_stamp] document [" + operation.id() + "] of " + shard + " is stored without a new stamp", unreadable);
        }
        return operation;
    }

    /** Logs one warning for each state of the mapping, since a fault of one document is one of most. */
    private void report(String message, Exception reason) {
        DocumentMapper mapper = watched.mapper();
        LOGGER.log(reported == mapper ? Level.DEBUG : Level.WARN, message, reason);
        reported = mapper;
    }

    private StampSpecification specification() {
        MapperService service = mappers;
        if (service == null) return null;
        DocumentMapper mapper = service.documentMapper();
        Watched known = watched;
        if (known.mapper() != mapper) {
            known = new Watched(mapper, mapper == null ? null : StampSpecification.of(mapper.meta()));
            watched = known;
        }
        return known.specification();
    }

    /**
     * Whether the text of a document need not be read: it has no vector, and it is pending or was never stamped, which
     * the sweep treats as pending. Documents from the ingest pipeline are of this kind.
     */
    private static boolean claimsNothing(ParseContext.Document root, StampSpecification specification) {
        boolean isOpen = true;
        for (IndexableField field : root.getFields()) {
            String name = field.name();
            if (name.equals(specification.sparseField())) return false;
            if (name.equals(STATE_FIELD) && field.binaryValue() != null && !PENDING.equals(field.binaryValue())) isOpen = false;
        }
        return isOpen;
    }

    private void stamp(ShardId shard, ParsedDocument document, StampSpecification specification) throws IOException {
        if (isSettled(document, specification)) return;
        XContentType format = (XContentType) document.getMediaType();
        Map<String, Object> source = XContentHelper.convertToMap(document.source(), true, (MediaType) format).v2();
        Stamp.apply(source, specification, null);
        BytesReference stamped;
        try (XContentBuilder builder = MediaTypeRegistry.contentBuilder(format)) {
            stamped = BytesReference.bytes(builder.map(source));
        }
        ParsedDocument parsed = mappers.documentMapper()
            .parse(new SourceToParse(shard.getIndexName(), document.id(), stamped, format, document.routing()));
        if (parsed.dynamicMappingsUpdate() != null) {
            throw new IllegalStateException(
                "expected the sidecar in the mapping, got none. Install the mapping of " + SIDECAR + " again."
            );
        }
        ParseContext.Document root = document.rootDoc();
        root.getFields().removeIf(field -> isOurs(field, specification));
        for (IndexableField field : parsed.rootDoc().getFields()) if (isOurs(field, specification)) root.add(field);
        document.setSource(stamped, format);
    }

    private static boolean isSettled(ParsedDocument document, StampSpecification specification) throws IOException {
        Map<String, Object> parts = SourceParts.read(document.source(), document.getMediaType(), specification::isRead);
        if (document.rootDoc().getField(specification.sparseField()) != null) parts.put(specification.sparseField(), SOME_VECTOR);
        return Stamp.isSettled(parts, specification, TextHash.of(parts, specification.fields()));
    }

    /** The fields that a stamp changes; all others, and the nested documents, come from parts of the source that it leaves as they are. */
    private static boolean isOurs(IndexableField field, StampSpecification specification) {
        String name = field.name();
        return name.equals(specification.sparseField())
            || name.startsWith(SIDECAR_PREFIX)
            || name.equals("_source")
            || name.equals("_recovery_source");
    }
}
