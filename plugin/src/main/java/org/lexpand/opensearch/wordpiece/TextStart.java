// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.wordpiece;

/** The beginning of a text, never half a character: a surrogate pair at the cut is left out as a whole. */
public final class TextStart {
    private TextStart() {}

    /** @param units largest number of UTF-16 units, at least 1 */
    public static String of(String text, int units) {
        if (text.length() <= units) return text;
        return text.substring(0, Character.isHighSurrogate(text.charAt(units - 1)) ? units - 1 : units);
    }
}
