// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.analysis;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.lexpand.opensearch.model.Models;
import org.opensearch.common.settings.Settings;
import org.opensearch.core.index.Index;
import org.opensearch.index.analysis.TokenizerFactory;
import org.opensearch.test.IndexSettingsModule;
import org.opensearch.test.OpenSearchTestCase;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

public class WordPieceAnalysisTests extends OpenSearchTestCase {
    private static final Models MODELS = Models.load(null);

    public void testPiecesHaveTheOffsetsOfTheirWordAndGapsWhereNothingIsIndexed() throws IOException {
        assertEquals(List.of("re@0-10+1", "##rank@0-10+1", "##ing@0-10+1"), tokens(analyzer(), "Re\u0301ranking "));
        assertEquals(List.of("wing@0-4+1", "bird@12-16+3"), tokens(analyzer(), "wing. [SEP] bird"));
        assertEquals(List.of(), tokens(analyzer(), ""));
    }

    public void testOneAnalyzerReadsTextAfterText() throws IOException {
        Analyzer analyzer = analyzer();
        assertEquals(List.of("wing@0-4+1"), tokens(analyzer, "wing"));
        assertEquals(List.of("bird@0-4+1"), tokens(analyzer, "bird"));
    }

    public void testAModelThatTheNodeLacksIsRefused() {
        Settings settings = Settings.builder().put("model", "missing").build();
        Exception refused = expectThrows(IllegalArgumentException.class, () -> WordPieceAnalysis.tokenizer(MODELS, "x", settings));
        assertTrue(refused.getMessage(), refused.getMessage().contains("got [missing]"));
        TokenizerFactory found = WordPieceAnalysis.tokenizer(MODELS, "x", Settings.builder().put("model", MODELS.bundled().name()).build());
        assertNotNull(found.create());
    }

    private static Analyzer analyzer() {
        return WordPieceAnalysis.analyzer(
            MODELS,
            IndexSettingsModule.newIndexSettings(new Index("index", "_na_"), Settings.EMPTY),
            WordPieceAnalysis.NAME,
            Settings.EMPTY
        ).get();
    }

    private static List<String> tokens(Analyzer analyzer, String text) throws IOException {
        List<String> tokens = new ArrayList<>();
        try (TokenStream stream = analyzer.tokenStream("field", text)) {
            CharTermAttribute term = stream.getAttribute(CharTermAttribute.class);
            OffsetAttribute offset = stream.getAttribute(OffsetAttribute.class);
            PositionIncrementAttribute position = stream.getAttribute(PositionIncrementAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                tokens.add(term + "@" + offset.startOffset() + "-" + offset.endOffset() + "+" + position.getPositionIncrement());
            }
            stream.end();
            assertEquals(text.length(), offset.endOffset());
        }
        return tokens;
    }
}
