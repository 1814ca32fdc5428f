// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.opensearch.index.shard.SearchOperationListener;

/** Lucene 9 cannot read postings in bulk: every query keeps Lucene's own scorer. */
public final class WindowedSearch implements SearchOperationListener {}
