// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.analysis;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.Tokenizer;
import org.lexpand.opensearch.model.Model;
import org.lexpand.opensearch.model.Models;
import org.lexpand.opensearch.wordpiece.WordPieceTokenizer;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.IndexSettings;
import org.opensearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.opensearch.index.analysis.AnalyzerProvider;
import org.opensearch.index.analysis.TokenizerFactory;

/** The analyzer and the tokenizer {@code lexpand_wordpiece}; their setting {@code model} names a model of the node. */
public final class WordPieceAnalysis {
    public static final String NAME = "lexpand_wordpiece";
    private static final String MODEL = "model";

    private WordPieceAnalysis() {}

    /** @throws IllegalArgumentException for a model that the node lacks */
    public static AnalyzerProvider<Analyzer> analyzer(Models models, IndexSettings index, String name, Settings settings) {
        Analyzer analyzer = new WordPieceAnalyzer(model(models, settings).tokenizer());
        return new AbstractIndexAnalyzerProvider<>(index, name, settings) {
            @Override
            public Analyzer get() {
                return analyzer;
            }
        };
    }

    /** @throws IllegalArgumentException for a model that the node lacks */
    public static TokenizerFactory tokenizer(Models models, String name, Settings settings) {
        WordPieceTokenizer tokenizer = model(models, settings).tokenizer();
        return TokenizerFactory.newFactory(name, () -> new WordPieceLuceneTokenizer(tokenizer));
    }

    private static Model model(Models models, Settings settings) {
        String name = settings.get(MODEL);
        return name == null ? models.bundled() : models.named(name);
    }

    private static final class WordPieceAnalyzer extends Analyzer {
        private final WordPieceTokenizer tokenizer;

        WordPieceAnalyzer(WordPieceTokenizer tokenizer) {
            this.tokenizer = tokenizer;
        }

        @Override
        protected TokenStreamComponents createComponents(String field) {
            Tokenizer source = new WordPieceLuceneTokenizer(tokenizer);
            return new TokenStreamComponents(source);
        }
    }
}
