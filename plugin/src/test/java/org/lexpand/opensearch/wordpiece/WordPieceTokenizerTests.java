// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.wordpiece;

import org.lexpand.opensearch.model.Models;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.json.JsonXContent;
import org.opensearch.test.OpenSearchTestCase;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;

/** Uses the golden file of the TypeScript, made by the reference implementation (sparse/golden/). */
public class WordPieceTokenizerTests extends OpenSearchTestCase {
    private static final WordPieceTokenizer TOKENIZER = Models.load(null).bundled().tokenizer();

    public void testEveryHardStringHasTheIdsOfTheReference() throws IOException {
        List<String> different = new ArrayList<>();
        List<Map<String, Object>> hard = list(golden().get("hard"));
        for (Map<String, Object> golden : hard) {
            String text = (String) golden.get("text");
            if (!ids(text).equals(golden.get("ids"))) different.add(text);
        }
        assertTrue(hard.size() > 2_000);
        assertEquals(List.of(), different);
    }

    @SuppressWarnings("unchecked")
    public void testTwentyThousandRandomStringsHaveTheIdsOfTheReference() throws IOException {
        Map<String, Object> random = (Map<String, Object>) golden().get("random");
        List<Number> checksums = (List<Number>) random.get("checksums");
        List<String> texts = RandomStrings.of(((Number) random.get("seed")).intValue(), checksums.size());
        List<Map<String, Object>> sample = list(random.get("sample"));
        for (int at = 0; at < sample.size(); at++) {
            assertEquals(sample.get(at).get("text"), texts.get(at));
            assertEquals(sample.get(at).get("ids"), ids(texts.get(at)));
        }
        List<String> different = new ArrayList<>();
        for (int at = 0; at < texts.size(); at++) {
            if (checksum(ids(texts.get(at))) != checksums.get(at).longValue()) different.add(texts.get(at));
        }
        assertEquals(20_000, texts.size());
        assertEquals(List.of(), different);
    }

    @SuppressWarnings("unchecked")
    public void testEveryCodePointOfTheBlocksThatAreNotUniform() throws IOException {
        Map<String, Number> blocks = (Map<String, Number>) golden().get("blocks");
        List<String> different = new ArrayList<>();
        blocks.forEach((first, expected) -> {
            if (checksum(ids(blockText(Integer.parseInt(first)))) != expected.longValue()) different.add(first);
        });
        assertFalse(blocks.isEmpty());
        assertEquals(List.of(), different);
    }

    public void testWordsHaveTheSpansOfTheTextAsGiven() {
        String text = "The Cafe\u0301s, \u4e2d\u6587 [SEP] \ud83d\udc4dok \ud800x";
        List<String> found = new ArrayList<>();
        for (WordPieceTokenizer.Words words = TOKENIZER.words(text); words.next();) found.add(text.substring(words.start(), words.end()));
        assertEquals(List.of("The", "Cafe\u0301s", ",", "\u4e2d", "\u6587", "[SEP]", "\ud83d\udc4dok", "x"), found);
    }

    public void testSpecialTokensAndDotsAreNotIndexable() {
        assertNull(TOKENIZER.indexablePiece(ids("[SEP]").get(0)));
        assertNull(TOKENIZER.indexablePiece(ids(".").get(0)));
        assertNull(TOKENIZER.indexablePiece(-1));
        assertNull(TOKENIZER.indexablePiece(Integer.MAX_VALUE));
        assertEquals("wing", TOKENIZER.indexablePiece(ids("wing").get(0)));
    }

    public void testATokenizerOfAnotherKindIsRefused() {
        Exception refused = expectThrows(IllegalArgumentException.class, () -> WordPieceTokenizer.of(Map.of("model", Map.of("type", "BPE"))));
        assertTrue(refused.getMessage(), refused.getMessage().contains("expected normalizer to be an object"));
    }

    private static List<Integer> ids(String text) {
        List<Integer> ids = new ArrayList<>();
        for (WordPieceTokenizer.Words words = TOKENIZER.words(text); words.next();) Arrays.stream(words.ids()).forEach(ids::add);
        return ids;
    }

    private static long checksum(List<Integer> ids) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * ids.size()).order(ByteOrder.LITTLE_ENDIAN);
        ids.forEach(bytes::putInt);
        CRC32 checksum = new CRC32();
        checksum.update(bytes.array());
        return checksum.getValue();
    }

    private static String blockText(int first) {
        StringBuilder text = new StringBuilder();
        for (int codePoint = first; codePoint < first + 256; codePoint++) {
            if (codePoint < 0xd800 || codePoint > 0xdfff) text.append('a').appendCodePoint(codePoint).append("b ");
        }
        return text.toString();
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Object value) {
        return (List<Map<String, Object>>) value;
    }

    private static Map<String, Object> golden() throws IOException {
        try (InputStream stream = new GZIPInputStream(WordPieceTokenizerTests.class.getResourceAsStream("/golden/tokens.json.gz"))) {
            return XContentHelper.convertToMap(JsonXContent.jsonXContent, stream, false);
        }
    }
}
