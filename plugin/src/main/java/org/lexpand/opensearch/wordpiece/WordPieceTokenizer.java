// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.wordpiece;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Uncased BERT WordPiece, equal to sparse/word-pieces/tokenizer.ts and to the reference implementation on every string
 * (sparse/golden/). Immutable; any number of threads may use it.
 */
public final class WordPieceTokenizer {
    private static final String UNKNOWN = "[UNK]";
    private static final String CONTINUATION = "##";

    private final Map<String, Integer> ids;
    private final String[] pieces;
    private final Set<Integer> specialIds;
    private final Pattern specialPattern;
    private final int maxWordLength;
    private final int longestPiece;
    private final int unknownId;
    private final String vocabularyHash;

    /** @throws IllegalArgumentException when the file is not an uncased BERT WordPiece tokenizer */
    WordPieceTokenizer(TokenizerFile file) {
        this.ids = file.vocabulary();
        this.pieces = new String[ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1];
        ids.forEach((piece, id) -> pieces[id] = piece);
        this.specialIds = Set.copyOf(file.specialIds());
        this.maxWordLength = file.maxWordLength();
        this.longestPiece = ids.keySet().stream().mapToInt(String::length).max().orElse(0);
        this.unknownId = ids.get(UNKNOWN);
        // Sorted by length, because the reference takes the leftmost, longest match.
        this.specialPattern = Pattern.compile(
            file.addedTokens()
                .stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|"))
        );
        this.vocabularyHash = JavaScriptJson.sha256(JavaScriptJson.array(Arrays.asList(pieces)));
    }

    /** @param json parsed tokenizer.json; its truncation and padding are ignored */
    public static WordPieceTokenizer of(Map<String, Object> json) {
        return new WordPieceTokenizer(TokenizerFile.of(json));
    }

    /** SHA-256 (hex) over the JSON array of all pieces in id order, as in the TypeScript. */
    public String vocabularyHash() {
        return vocabularyHash;
    }

    /** The word piece with this id, null where the vocabulary has none. */
    public String piece(int id) {
        return id >= 0 && id < pieces.length ? pieces[id] : null;
    }

    /**
     * The word piece with this id when it may be stored and queried, else null: special tokens have no meaning in a
     * text, and a stock {@code rank_feature} query cannot search for a piece with a dot
     * (sparse/word-pieces/indexable.ts).
     */
    public String indexablePiece(int id) {
        if (specialIds.contains(id)) return null;
        String piece = piece(id);
        return piece == null || piece.indexOf('.') >= 0 ? null : piece;
    }

    /** The words of a text in order, found one at a time: a caller who stops early pays only for the words read. */
    public Words words(String text) {
        return new Words(text);
    }

    /** A cursor over words and their pieces. */
    public final class Words {
        private final String text;
        private final Matcher special;
        private boolean atSpecial;
        private WordCursor plain;
        private int start;
        private int end;
        private int[] wordIds;

        private Words(String text) {
            this.text = text;
            this.special = specialPattern.matcher(text);
            nextPart(0);
        }

        /** Moves to the next word; false at the end. A special token that occurs literally in the text is one word. */
        public boolean next() {
            while (true) {
                if (plain.next()) {
                    start = plain.start();
                    end = plain.end();
                    wordIds = pieceIds(plain.normalized());
                    return true;
                }
                if (!atSpecial) return false;
                start = special.start();
                end = special.end();
                wordIds = new int[] { ids.get(special.group()) };
                nextPart(end);
                return true;
            }
        }

        /** UTF-16 offset of the word's first unit in the text as given. */
        public int start() {
            return start;
        }

        /** UTF-16 offset behind the word's last unit. */
        public int end() {
            return end;
        }

        /** Ids of the word's pieces; the id of [UNK] alone where the vocabulary cannot spell it. */
        public int[] ids() {
            return wordIds;
        }

        private void nextPart(int from) {
            atSpecial = special.find();
            plain = new WordCursor(text, from, atSpecial ? special.start() : text.length());
        }
    }

    /** Longest match first, by code points. */
    private int[] pieceIds(String word) {
        if (word.codePointCount(0, word.length()) > maxWordLength) return new int[] { unknownId };
        int[] found = new int[word.length()];
        int count = 0;
        for (int from = 0; from < word.length();) {
            String prefix = from == 0 ? "" : CONTINUATION;
            int to = Math.min(word.length(), from + longestPiece);
            Integer id = null;
            for (; to > from; to--) {
                if (to < word.length() && Character.isLowSurrogate(word.charAt(to))) continue;
                id = ids.get(prefix.concat(word.substring(from, to)));
                if (id != null) break;
            }
            if (id == null) return new int[] { unknownId };
            found[count++] = id;
            from = to;
        }
        return Arrays.copyOf(found, count);
    }

    /** The parts of tokenizer.json that count; refuses files that this class would tokenize differently. */
    record TokenizerFile(Map<String, Integer> vocabulary, List<String> addedTokens, Set<Integer> specialIds, int maxWordLength) {

        static TokenizerFile of(Map<String, Object> json) {
            Map<?, ?> model = object(json, "model");
            Map<?, ?> normalizer = object(json, "normalizer");
            expect("model.type", model.get("type"), "WordPiece");
            expect("model.unk_token", model.get("unk_token"), UNKNOWN);
            expect("model.continuing_subword_prefix", model.get("continuing_subword_prefix"), CONTINUATION, null);
            expect("normalizer.type", normalizer.get("type"), "BertNormalizer");
            expect("normalizer.clean_text", normalizer.get("clean_text"), true);
            expect("normalizer.handle_chinese_chars", normalizer.get("handle_chinese_chars"), true);
            expect("normalizer.lowercase", normalizer.get("lowercase"), true);
            expect("normalizer.strip_accents", normalizer.get("strip_accents"), true, null);
            expect("pre_tokenizer.type", object(json, "pre_tokenizer").get("type"), "BertPreTokenizer");
            Map<String, Integer> vocabulary = vocabulary(object(model, "vocab"));
            if (!(json.get("added_tokens") instanceof List<?> added)) throw unfit("added_tokens", "a list", json.get("added_tokens"));
            Set<Integer> specialIds = new HashSet<>();
            for (Object token : added) {
                if (!(token instanceof Map<?, ?> fields)) throw unfit("added_tokens[]", "an object", token);
                expect("added_tokens[].single_word", fields.get("single_word"), false, null);
                expect("added_tokens[].normalized", fields.get("normalized"), false);
                if (!(fields.get("content") instanceof String content)) throw unfit("added_tokens[].content", "a string", fields.get("content"));
                if (!vocabulary.containsKey(content)) throw unfit("model.vocab", "a vocabulary that holds " + content, "none");
                if (Boolean.TRUE.equals(fields.get("special"))) specialIds.add(vocabulary.get(content));
            }
            for (String content : List.of("[PAD]", UNKNOWN, "[CLS]", "[SEP]")) {
                if (!specialIds.contains(vocabulary.get(content))) throw unfit("special token " + content, "listed", "none");
            }
            List<String> contents = added.stream().map(token -> (String) ((Map<?, ?>) token).get("content")).toList();
            int maxWordLength = model.get("max_input_chars_per_word") instanceof Integer length ? length : 100;
            return new TokenizerFile(vocabulary, contents, specialIds, maxWordLength);
        }

        private static Map<String, Integer> vocabulary(Map<?, ?> given) {
            Map<String, Integer> vocabulary = new HashMap<>(2 * given.size());
            given.forEach((piece, id) -> {
                // An id far beyond the number of pieces would make an array of that size.
                if (!(id instanceof Integer number) || number < 0 || number >= 2 * given.size() + 1024) {
                    throw unfit("model.vocab[" + piece + "]", "a small id of 0 or more", id);
                }
                vocabulary.put((String) piece, number);
            });
            return vocabulary;
        }

        private static Map<?, ?> object(Map<?, ?> json, String name) {
            if (json.get(name) instanceof Map<?, ?> value) return value;
            throw unfit(name, "an object", json.get(name));
        }

        private static void expect(String name, Object actual, Object... accepted) {
            if (!Arrays.asList(accepted).contains(actual)) throw unfit(name, Arrays.toString(accepted), actual);
        }

        private static IllegalArgumentException unfit(String name, Object wanted, Object actual) {
            return new IllegalArgumentException(
                "[tokenizer] expected " + name + " to be " + wanted + ", got " + actual + ". Use the tokenizer.json of an uncased BERT model."
            );
        }
    }
}
