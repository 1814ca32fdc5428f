// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.lexpand.opensearch.model.Models;

/** What a query of this node needs besides its own parameters. */
public record QueryResources(Models models, DocumentFrequencies frequencies) {}
