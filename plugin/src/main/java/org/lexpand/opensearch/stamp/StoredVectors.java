// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import static org.lexpand.opensearch.stamp.StampSpecification.SIDECAR;

import java.util.List;
import java.util.Map;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.opensearch.action.get.GetResponse;
import org.opensearch.action.get.MultiGetItemResponse;
import org.opensearch.action.get.MultiGetRequest;
import org.opensearch.action.get.MultiGetResponse;
import org.opensearch.core.action.ActionListener;
import org.opensearch.ingest.IngestDocument;
import org.opensearch.search.fetch.subphase.FetchSourceContext;
import org.opensearch.transport.client.Client;

/**
 * Gives documents that a client sends again, whole and with the same text, the vector that is stored, so that a full
 * reload leaves none of them without one.
 *
 * <p>No race: a vector is taken by the hash of the text that it stands beside from now on, whatever is stored meanwhile.
 * What cannot be read (no permission, no shard, an alias of several indices) stays pending.
 */
final class StoredVectors {

    private static final Logger LOGGER = LogManager.getLogger(StoredVectors.class);

    private final Client client;

    StoredVectors(Client client) {
        this.client = client;
    }

    /**
     * @param stamped pending documents with an id
     * @param done is run once, on whatever thread the answer comes
     */
    void restore(List<IngestDocument> stamped, StampSpecification specification, Runnable done) {
        if (stamped.isEmpty()) {
            done.run();
            return;
        }
        FetchSourceContext parts = new FetchSourceContext(true, new String[] { SIDECAR, specification.sparseField() }, null);
        MultiGetRequest request = new MultiGetRequest();
        for (IngestDocument document : stamped) {
            Map<String, Object> source = document.getSourceAndMetadata();
            request.add(
                new MultiGetRequest.Item((String) source.get("_index"), (String) source.get("_id")).routing((String) source.get("_routing"))
                    .fetchSourceContext(parts)
            );
        }
        client.multiGet(request, ActionListener.runAfter(new ActionListener<>() {
            @Override
            public void onResponse(MultiGetResponse response) {
                MultiGetItemResponse[] items = response.getResponses();
                for (int at = 0; at < items.length; at++) {
                    if (!items[at].isFailed()) restore(stamped.get(at).getSourceAndMetadata(), items[at].getResponse(), specification);
                }
            }

            @Override
            public void onFailure(Exception failure) {
                LOGGER.debug("[lexpand_stamp] stored vectors could not be read; the documents stay pending", failure);
            }
        }, done));
    }

    private static void restore(Map<String, Object> document, GetResponse stored, StampSpecification specification) {
        if (!stored.isExists() || stored.isSourceEmpty()) return;
        Map<String, Object> source = stored.getSourceAsMap();
        if (!(document.get(SIDECAR) instanceof Map<?, ?> stamp) || !(stamp.get("text_hash") instanceof String hash)) return;
        if (!(source.get(SIDECAR) instanceof Map<?, ?> sidecar) || !"ready".equals(sidecar.get("state"))) return;
        if (!Stamp.isSettled(source, specification, hash)) return;
        document.put(SIDECAR, sidecar);
        document.put(specification.sparseField(), source.get(specification.sparseField()));
    }
}
