// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.wordpiece;

import java.util.ArrayList;
import java.util.List;

/** Random Unicode strings; sparse/golden/random-strings.ts makes the same ones from the same seed. */
final class RandomStrings {
    private static final int[][] RANGES = {
        { 0x20, 0x7e }, { 0x20, 0x7e }, { 0x61, 0x7a }, { 0x61, 0x7a }, { 0x00, 0xff }, { 0x100, 0x24f }, { 0x300, 0x36f },
        { 0x370, 0x52f }, { 0x590, 0x7ff }, { 0x900, 0xdff }, { 0xe00, 0x11ff }, { 0x1e00, 0x1fff }, { 0x2000, 0x2bff },
        { 0x3000, 0x30ff }, { 0x4e00, 0x9fff }, { 0xac00, 0xd7a3 }, { 0xf900, 0xffff }, { 0x10000, 0x10fff }, { 0x11000, 0x1ffff },
        { 0x20000, 0x2ffff }, { 0xe0000, 0xe01ff }, { 0x0, 0xd7ff }, { 0x10000, 0x10ffff } };

    private int state;

    private RandomStrings(int seed) {
        this.state = seed;
    }

    static List<String> of(int seed, int count) {
        RandomStrings random = new RandomStrings(seed);
        List<String> strings = new ArrayList<>(count);
        while (strings.size() < count) strings.add(random.string());
        return strings;
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        for (int left = 1 + below(24); left > 0; left--) {
            int kind = below(RANGES.length + 4);
            if (kind >= RANGES.length) text.append(' ');
            else text.appendCodePoint(RANGES[kind][0] + below(RANGES[kind][1] - RANGES[kind][0] + 1));
        }
        return text.toString();
    }

    /** mulberry32 */
    private int below(int bound) {
        state += 0x6d2b79f5;
        int mixed = (state ^ (state >>> 15)) * (state | 1);
        mixed ^= mixed + (mixed ^ (mixed >>> 7)) * (mixed | 61);
        return Integer.remainderUnsigned(mixed ^ (mixed >>> 14), bound);
    }
}
