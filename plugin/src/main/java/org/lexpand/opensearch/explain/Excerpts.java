// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Excerpts of a text with the matched words marked; the same as {@code highlight} in sparse/query/highlight.ts, on the
 * same words.
 *
 * @param before mark in front of a matched word
 * @param after mark behind it
 * @param fragmentLength longest fragment in UTF-16 units, marks not counted; a longer word is a fragment of its own
 * @param fragments largest number of fragments
 * @param escape applied to the text, not to the marks
 */
record Excerpts(String before, String after, int fragmentLength, int fragments, UnaryOperator<String> escape) {

    /** A word of the text by its UTF-16 offsets, and whether one of its pieces matched. */
    record Word(int start, int end, boolean isMatched) {}

    /** @return excerpts with most matched words first, ties in the order of the text; empty when no word matched */
    List<String> of(String text, List<Word> words) {
        return clusters(words).stream()
            .sorted(Comparator.<List<Integer>>comparingInt(List::size).reversed().thenComparing(List::getFirst))
            .limit(fragments)
            .map(cluster -> excerpt(text, words, cluster))
            .toList();
    }

    /** The whole text with its matched words marked. */
    String whole(String text, List<Word> words) {
        return marked(text, words.stream().filter(Word::isMatched).toList(), 0, text.length());
    }

    /** The first words of a text in which nothing matched, at most {@code size} units; empty for a size of 0. */
    List<String> beginning(String text, List<Word> words, int size) {
        int end = 0;
        for (Word word : words) {
            if (word.end() > size) break;
            end = word.end();
        }
        return end == 0 ? List.of() : List.of(escape.apply(text.substring(0, end)));
    }

    /** Groups of matched words, as indices, that fit into one fragment each. */
    private List<List<Integer>> clusters(List<Word> words) {
        List<List<Integer>> groups = new ArrayList<>();
        int start = 0;
        for (int at = 0; at < words.size(); at++) {
            Word word = words.get(at);
            if (!word.isMatched()) continue;
            if (!groups.isEmpty() && word.end() - start <= fragmentLength) {
                groups.getLast().add(at);
            } else {
                groups.add(new ArrayList<>(List.of(at)));
                start = word.start();
            }
        }
        return groups;
    }

    /** Widens a cluster word by word, left by half of the room and right by the rest, and marks its matched words. */
    private String excerpt(String text, List<Word> words, List<Integer> cluster) {
        int first = cluster.getFirst();
        int last = cluster.getLast();
        double room = fragmentLength - (words.get(last).end() - words.get(first).start());
        double earliest = words.get(first).start() - room / 2;
        while (first > 0 && words.get(first - 1).start() >= earliest) first--;
        int start = words.get(first).start();
        while (last < words.size() - 1 && words.get(last + 1).end() - start <= fragmentLength) last++;
        return marked(text, cluster.stream().map(words::get).toList(), start, words.get(last).end());
    }

    private String marked(String text, List<Word> matched, int start, int end) {
        StringBuilder marked = new StringBuilder();
        int copied = start;
        for (Word word : matched) {
            marked.append(escape.apply(text.substring(copied, word.start())));
            marked.append(before).append(escape.apply(text.substring(word.start(), word.end()))).append(after);
            copied = word.end();
        }
        return marked.append(escape.apply(text.substring(copied, end))).toString();
    }
}
