// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.lucene.util.BytesRef;
import org.opensearch.action.get.GetResponse;
import org.opensearch.action.get.MultiGetItemResponse;
import org.opensearch.action.get.MultiGetRequest;
import org.opensearch.action.get.MultiGetResponse;
import org.opensearch.common.util.concurrent.RunOnce;
import org.opensearch.core.action.ActionListener;
import org.opensearch.core.common.bytes.BytesReference;
import org.opensearch.core.xcontent.MediaType;
import org.opensearch.core.xcontent.MediaTypeRegistry;
import org.opensearch.ingest.IngestDocument;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

import static org.lexpand.opensearch.stamp.StampSpecification.SIDECAR;

/**
 * Gives the stored vector to documents that a client sends again as a whole and with the same text, so that a full
 * reload leaves none of them without a vector.
 *
 * <p>There is no race: a vector is taken only for the hash of the text that it is stored with from now on, whatever is
 * stored meanwhile. Documents whose stored version cannot be read (no permission, no shard, an alias of several
 * indices) stay pending.
 */
final class StoredVectors {

    private static final Logger LOGGER = LogManager.getLogger(StoredVectors.class);

    /** Number of stored documents in memory at a time: they may be much larger than those that are sent. */
    private static final int AT_ONCE = 100;
    /** Number of documents of a batch that are looked up; further ones stay pending. */
    private static final int MOST = 10_000;

    private final BiConsumer<MultiGetRequest, ActionListener<MultiGetResponse>> multiGet;

    /** @param multiGet of the node's client; the client itself has another package in OpenSearch 2 */
    StoredVectors(BiConsumer<MultiGetRequest, ActionListener<MultiGetResponse>> multiGet) {
        this.multiGet = multiGet;
    }

    /**
     * @param stamped pending documents whose address is text
     * @param done runs once, on the thread of the answer
     */
    void restore(List<IngestDocument> stamped, StampSpecification specification, Runnable done) {
        List<IngestDocument> wanted = stamped.subList(0, Math.min(stamped.size(), MOST));
        restoreFrom(0, wanted, specification, new RunOnce(done));
    }

    private void restoreFrom(int start, List<IngestDocument> stamped, StampSpecification specification, Runnable done) {
        if (start >= stamped.size()) {
            done.run();
            return;
        }
        int end = Math.min(stamped.size(), start + AT_ONCE);
        List<IngestDocument> asked = stamped.subList(start, end);
        multiGet.accept(requestFor(asked), new ActionListener<>() {
            @Override
            public void onResponse(MultiGetResponse response) {
                // The index does not exist yet or may not be read: the next requests would fail in the same way.
                if (restoreEach(asked, response.getResponses(), specification) == 0) done.run();
                else restoreFrom(end, stamped, specification, done);
            }

            @Override
            public void onFailure(Exception failure) {
                LOGGER.debug("[lexpand_stamp] stored vectors could not be read; the documents stay pending", failure);
                done.run();
            }
        });
    }

    private static MultiGetRequest requestFor(List<IngestDocument> documents) {
        MultiGetRequest request = new MultiGetRequest();
        for (IngestDocument document : documents) {
            Map<String, Object> source = document.getSourceAndMetadata();
            // Whole sources are requested: to filter one, the shard would read and rewrite it, which costs more than
            // the rest of the write.
            request.add(
                new MultiGetRequest.Item((String) source.get("_index"), (String) source.get("_id")).routing(
                    (String) source.get("_routing")
                )
            );
        }
        return request;
    }

    /** @return number of documents that could be asked for, existing or not */
    private static int restoreEach(List<IngestDocument> asked, MultiGetItemResponse[] items, StampSpecification specification) {
        int answered = 0;
        for (int at = 0; at < items.length; at++) {
            if (items[at].isFailed()) continue;
            answered++;
            restoreOne(asked.get(at), items[at].getResponse(), specification);
        }
        return answered;
    }

    private static void restoreOne(IngestDocument stamped, GetResponse stored, StampSpecification specification) {
        if (!stored.isExists() || stored.isSourceEmpty()) return;
        Map<String, Object> document = stamped.getSourceAndMetadata();
        if (!(document.get(SIDECAR) instanceof Map<?, ?> stamp) || !(stamp.get("text_hash") instanceof String hash)) return;
        String sparseField = specification.sparseField();
        Map<String, Object> source;
        try {
            BytesReference bytes = stored.getSourceAsBytesRef();
            source = SourceParts.read(bytes, formatOf(bytes), name -> name.equals(SIDECAR) || name.equals(sparseField));
        } catch (IOException | RuntimeException unreadable) {
            LOGGER.debug("[lexpand_stamp] stored document [" + stored.getId() + "] could not be read", unreadable);
            return;
        }
        if (!(source.get(SIDECAR) instanceof Map<?, ?> sidecar) || !"ready".equals(sidecar.get("state"))) return;
        if (!Stamp.isSettled(source, specification, hash)) return;
        document.put(SIDECAR, sidecar);
        document.put(sparseField, source.get(sparseField));
    }

    /** A stored source does not name its format; the engine itself detects it from the bytes. */
    @SuppressWarnings("deprecation")
    private static MediaType formatOf(BytesReference source) {
        BytesRef bytes = source.toBytesRef();
        return MediaTypeRegistry.mediaTypeFromBytes(bytes.bytes, bytes.offset, bytes.length);
    }
}
