// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch;

import java.util.Map;

import org.lexpand.opensearch.stamp.StampListener;
import org.lexpand.opensearch.stamp.StampProcessor;
import org.opensearch.index.IndexModule;
import org.opensearch.ingest.Processor;
import org.opensearch.plugins.IngestPlugin;
import org.opensearch.plugins.Plugin;

/** What Lexpand adds to the engine: a table of registrations. */
public final class LexpandPlugin extends Plugin implements IngestPlugin {

    @Override
    public Map<String, Processor.Factory> getProcessors(Processor.Parameters parameters) {
        return Map.of(StampProcessor.TYPE, new StampProcessor.Factory(parameters.client));
    }

    @Override
    public void onIndexModule(IndexModule module) {
        StampListener listener = new StampListener();
        module.addIndexEventListener(listener);
        module.addIndexOperationListener(listener);
    }
}
