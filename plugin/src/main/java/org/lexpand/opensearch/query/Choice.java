// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import java.util.Arrays;
import java.util.Locale;

/** Parameters whose value is the name of a constant, in lower case. */
final class Choice {
    private Choice() {}

    /** @throws IllegalArgumentException with all values, when none has this name */
    static <E extends Enum<E>> E of(E[] values, String parameter, String name) {
        for (E value : values) if (nameOf(value).equals(name)) return value;
        String[] names = Arrays.stream(values).map(Choice::nameOf).toArray(String[]::new);
        throw new IllegalArgumentException(
            "[lexpand] expected [" + parameter + "] to be one of " + Arrays.toString(names) + ", got [" + name + "]. Name one of them."
        );
    }

    static String nameOf(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
