// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch;

import org.opensearch.plugins.Plugin;

/** What Lexpand adds to the engine: a table of registrations. */
public final class LexpandPlugin extends Plugin {
}
