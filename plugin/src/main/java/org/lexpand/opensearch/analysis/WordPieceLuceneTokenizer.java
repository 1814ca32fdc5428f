// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.analysis;

import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.lexpand.opensearch.wordpiece.WordPieceTokenizer;

import java.io.IOException;

/**
 * The word pieces of a text as a token stream, with the offsets of their word. Pieces that are never stored nor queried
 * (special tokens, pieces with a dot) leave a gap in the positions.
 */
final class WordPieceLuceneTokenizer extends Tokenizer {
    private static final int BUFFER = 8_192;

    private final WordPieceTokenizer tokenizer;
    private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
    private final OffsetAttribute offset = addAttribute(OffsetAttribute.class);
    private final PositionIncrementAttribute position = addAttribute(PositionIncrementAttribute.class);
    private WordPieceTokenizer.Words words;
    private int[] ids;
    private int length;
    private int nextPiece;

    WordPieceLuceneTokenizer(WordPieceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    @Override
    public void reset() throws IOException {
        super.reset();
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[BUFFER];
        for (int read = input.read(buffer); read >= 0; read = input.read(buffer)) text.append(buffer, 0, read);
        length = text.length();
        words = tokenizer.words(text.toString());
        ids = new int[0];
        nextPiece = 0;
    }

    @Override
    public boolean incrementToken() {
        clearAttributes();
        int skipped = 0;
        while (true) {
            if (nextPiece == ids.length) {
                if (!words.next()) return false;
                ids = words.ids();
                nextPiece = 0;
            }
            String piece = tokenizer.indexablePiece(ids[nextPiece++]);
            if (piece == null) {
                skipped++;
                continue;
            }
            term.append(piece);
            offset.setOffset(correctOffset(words.start()), correctOffset(words.end()));
            position.setPositionIncrement(1 + skipped);
            return true;
        }
    }

    @Override
    public void end() throws IOException {
        super.end();
        offset.setOffset(correctOffset(length), correctOffset(length));
    }

    @Override
    public void close() throws IOException {
        super.close();
        words = null;
    }
}
