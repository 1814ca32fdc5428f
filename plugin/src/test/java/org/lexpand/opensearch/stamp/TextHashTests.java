// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.stamp;

import org.opensearch.test.OpenSearchTestCase;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

public class TextHashTests extends OpenSearchTestCase {

    private static String sha256(String text) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Object wrapped(int depth) {
        Object value = "core";
        for (int level = 0; level < depth; level++) value = List.of(value);
        return value;
    }

    public void testStringsOfAllFieldsAreJoinedByOneSpace() throws Exception {
        Map<String, Object> source = Map.of("title", "Wings", "body", List.of("of", List.of("birds"), ""));
        assertEquals(sha256("Wings of birds "), TextHash.of(source, List.of("title", "missing", "body")));
        assertEquals(sha256(""), TextHash.of(Map.of(), List.of("title")));
    }

    public void testDottedPathsAreFoundWholeAndThroughObjects() throws Exception {
        Map<String, Object> source = Map.of("a.b", "whole", "a", Map.of("b", "object", "c.d", "half"));
        assertEquals(sha256("whole object half"), TextHash.of(source, List.of("a.b", "a.c.d")));
        assertEquals(sha256("x y"), TextHash.of(Map.of("a", List.of(Map.of("b", "x"), Map.of("b", "y"))), List.of("a.b")));
    }

    public void testWhatIsNotTextIsNamedByItsType() {
        List<String> fields = List.of("a");
        assertEquals("not-text:a:number", TextHash.of(Map.of("a", 3), fields));
        assertEquals("not-text:a:boolean", TextHash.of(Map.of("a", true), fields));
        assertEquals("not-text:a:object", TextHash.of(Map.of("a", Map.of()), fields));
        assertEquals("not-text:a:number", TextHash.of(Map.of("a", Arrays.asList("fine", null, 1.5)), fields));
    }

    public void testArraysAreReadUpToTheBound() throws Exception {
        assertEquals(sha256("core"), TextHash.of(Map.of("a", wrapped(63)), List.of("a")));
        assertEquals("not-text:a:array", TextHash.of(Map.of("a", wrapped(64)), List.of("a")));
    }

    public void testLoneSurrogatesAreQuestionMarksAlsoWherePiecesMeet() throws Exception {
        assertEquals(sha256("? ? 😀"), TextHash.of(Map.of("a", List.of("\ud83d", "\ude00", "😀")), List.of("a")));
    }

    public void testThreadsDoNotShareADigest() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Boolean>> results = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                String text = ("thread " + thread + " ").repeat(200);
                String expected = sha256(text);
                results.add(threads.submit(() -> {
                    for (int round = 0; round < 2_000; round++) {
                        if (!expected.equals(TextHash.of(Map.of("a", text), List.of("a")))) return false;
                    }
                    return true;
                }));
            }
            for (Future<Boolean> result : results) assertTrue(result.get());
        } finally {
            threads.shutdown();
        }
    }
}
