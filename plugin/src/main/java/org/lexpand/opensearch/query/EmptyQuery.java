// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

/** The result for a text without any word piece of the model (only signs, or an unknown script). */
public enum EmptyQuery {
    /** No hits. */
    NONE,
    /** The request is refused. */
    ERROR,
    /** The hits of BM25 in the text fields of the index. */
    LEXICAL;

    static EmptyQuery of(String name) {
        return Choice.of(values(), "empty", name);
    }

    @Override
    public String toString() {
        return Choice.nameOf(this);
    }
}
