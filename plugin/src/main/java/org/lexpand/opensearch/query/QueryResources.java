// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.lexpand.opensearch.model.Models;

/** Resources of this node that a query needs beside its parameters. */
public record QueryResources(Models models, DocumentFrequencies frequencies) {}
