// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import java.util.Arrays;
import java.util.Locale;

/** What a text without any word piece of the model (only signs, or an unknown script) finds. */
public enum EmptyQuery {
    /** Nothing. */
    NONE,
    /** The request is refused. */
    ERROR,
    /** What BM25 finds in the text fields that the index was made from. */
    LEXICAL;

    static EmptyQuery of(String name) {
        for (EmptyQuery empty : values()) {
            if (empty.toString().equals(name)) return empty;
        }
        throw new IllegalArgumentException("[lexpand] expected [empty] to be one of " + Arrays.toString(values()) + ", got [" + name + "]. Name one of them.");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
