// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.wordpiece;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** JSON text equal byte for byte to that of JavaScript's JSON.stringify: the hashes of vocabulary and query table are made of it. */
public final class JavaScriptJson {

    private JavaScriptJson() {}

    /** SHA-256 of a text's UTF-8, hexadecimal. */
    public static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    /** An array of strings; null stays null. */
    public static String array(List<String> strings) {
        StringBuilder json = new StringBuilder("[");
        for (String string : strings) {
            if (json.length() > 1) json.append(',');
            if (string == null) json.append("null");
            else append(json, string);
        }
        return json.append(']').toString();
    }

    /** Appends a quoted string. */
    public static void append(StringBuilder json, String string) {
        json.append('"');
        for (int at = 0; at < string.length(); at++) {
            char unit = string.charAt(at);
            switch (unit) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\b' -> json.append("\\b");
                case '\f' -> json.append("\\f");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> {
                    if (unit < 0x20 || isHalfPair(string, at)) json.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
                    else json.append(unit);
                }
            }
        }
        json.append('"');
    }

    /** A finite number above 0, as Number.prototype.toString writes it: shortest digits that read back equal. */
    public static String number(double value) {
        BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        String digits = shortest.unscaledValue().toString();
        // The value is 0.DIGITS x 10^point.
        int point = digits.length() - shortest.scale();
        if (point > 21 || point < -5) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return digits.charAt(0) + fraction + "e" + (point > 0 ? "+" : "-") + Math.abs(point - 1);
        }
        if (point >= digits.length()) return digits + "0".repeat(point - digits.length());
        if (point > 0) return digits.substring(0, point) + "." + digits.substring(point);
        return "0." + "0".repeat(-point) + digits;
    }

    private static boolean isHalfPair(String string, int at) {
        char unit = string.charAt(at);
        if (Character.isHighSurrogate(unit)) return at + 1 == string.length() || !Character.isLowSurrogate(string.charAt(at + 1));
        return Character.isLowSurrogate(unit) && (at == 0 || !Character.isHighSurrogate(string.charAt(at - 1)));
    }
}
