// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

/** What a text without any word piece of the model (only signs, or an unknown script) finds. */
public enum EmptyQuery {
    /** Nothing. */
    NONE,
    /** The request is refused. */
    ERROR,
    /** What BM25 finds in the text fields that the index was made from. */
    LEXICAL;

    static EmptyQuery of(String name) {
        return Choice.of(values(), "empty", name);
    }

    @Override
    public String toString() {
        return Choice.nameOf(this);
    }
}
