// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.wordpiece;

import java.text.Normalizer;

/** Iterates over the words of BERT's uncased normalizer and pre-tokenizer in a part of a text. */
final class WordCursor {
    private final String text;
    private final int to;
    private int at;
    private int start;
    private int end;
    private String normalized;

    WordCursor(String text, int from, int to) {
        this.text = text;
        this.to = to;
        this.at = from;
    }

    /** Moves to the next word; false at the end. */
    boolean next() {
        start = -1;
        while (at < to) {
            int codePoint = text.codePointAt(at);
            int next = at + Character.charCount(codePoint);
            switch (BertCharacters.kind(codePoint)) {
                case BertCharacters.WORD -> {
                    if (start < 0) start = at;
                    end = next;
                }
                case BertCharacters.SPACE -> {
                    if (start >= 0 && found()) return true;
                    start = -1;
                }
                case BertCharacters.ALONE -> {
                    // The previous word ends here; the next call reads this character again.
                    if (start >= 0 && found()) return true;
                    start = at;
                    end = next;
                    at = next;
                    if (found()) return true;
                    start = -1;
                    continue;
                }
                default -> {
                    // Dropped: neither ends a word nor belongs to one.
                }
            }
            at = next;
        }
        return start >= 0 && found();
    }

    /** UTF-16 offset of the word's first unit. */
    int start() {
        return start;
    }

    /** UTF-16 offset behind the word's last unit. */
    int end() {
        return end;
    }

    /** Lower case, accents and control characters removed; never empty. */
    String normalized() {
        return normalized;
    }

    private boolean found() {
        normalized = normalize(text, start, end);
        return !normalized.isEmpty();
    }

    private static String normalize(String text, int start, int end) {
        StringBuilder kept = new StringBuilder(end - start);
        boolean ascii = true;
        for (int at = start; at < end;) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            if (BertCharacters.kind(codePoint) == BertCharacters.DROPPED) continue;
            ascii &= codePoint < 0x80;
            kept.appendCodePoint(ascii ? lower(codePoint) : codePoint);
        }
        if (ascii) return kept.toString();
        String decomposed = Normalizer.normalize(kept, Normalizer.Form.NFD);
        StringBuilder normalized = new StringBuilder(decomposed.length());
        for (int at = 0; at < decomposed.length();) {
            int codePoint = decomposed.codePointAt(at);
            at += Character.charCount(codePoint);
            // Lower case is applied to one character at a time: over a whole word Java writes a final sigma, the
            // reference does not.
            if (!BertCharacters.isMark(codePoint)) normalized.appendCodePoint(lower(codePoint));
        }
        return normalized.toString();
    }

    /** U+0130, the only character with a longer lower case, is decomposed before. */
    private static int lower(int codePoint) {
        return Character.toLowerCase(codePoint);
    }
}
