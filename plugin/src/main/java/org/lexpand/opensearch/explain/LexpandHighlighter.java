// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.explain;

import org.apache.lucene.search.highlight.SimpleHTMLEncoder;
import org.lexpand.opensearch.model.Models;
import org.lexpand.opensearch.wordpiece.WordPieceTokenizer;
import org.opensearch.core.common.text.Text;
import org.opensearch.index.mapper.MappedFieldType;
import org.opensearch.search.fetch.subphase.highlight.FieldHighlightContext;
import org.opensearch.search.fetch.subphase.highlight.HighlightField;
import org.opensearch.search.fetch.subphase.highlight.HighlightUtils;
import org.opensearch.search.fetch.subphase.highlight.Highlighter;
import org.opensearch.search.fetch.subphase.highlight.SearchHighlightContext.FieldOptions;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Highlighter {@code "type": "lexpand"}.
 *
 * <p>On a text field it marks the words with a matched piece, in the same excerpts as sparse/query/highlight.ts ({@code
 * number_of_fragments: 0} gives the whole text). On the sparse field it names the expansions: the tokens that matched
 * and occur nowhere in the document's text, largest contribution first.
 */
public final class LexpandHighlighter implements Highlighter {

    public static final String TYPE = "lexpand";

    private final Models models;

    public LexpandHighlighter(Models models) {
        this.models = models;
    }

    @Override
    public boolean canHighlight(MappedFieldType type) {
        return true;
    }

    @Override
    public HighlightField highlight(FieldHighlightContext field) throws IOException {
        if (!HitExplainer.isOurs(field.context.mapperService()) || field.hitContext.hit().getNestedIdentity() != null) return null;
        HitExplainer explainer = HitExplainer.of(field.context.mapperService(), field.query, models);
        List<TokenContribution> matches = explainer.explain(field.hitContext);
        List<String> fragments = field.fieldName.equals(explainer.index().sparseField())
            ? expansions(matches, field.field.fieldOptions())
            : excerpts(field, explainer, matches);
        if (fragments.isEmpty()) return null;
        return new HighlightField(field.fieldName, fragments.stream().map(Text::new).toArray(Text[]::new));
    }

    private static List<String> expansions(List<TokenContribution> matches, FieldOptions options) {
        int most = options.numberOfFragments() == 0 ? matches.size() : options.numberOfFragments();
        return matches.stream().filter(TokenContribution::expansion).map(TokenContribution::token).limit(most).toList();
    }

    private static List<String> excerpts(FieldHighlightContext field, HitExplainer explainer, List<TokenContribution> matches)
        throws IOException {
        Set<String> pieces = matches.stream().map(TokenContribution::token).collect(Collectors.toCollection(HashSet::new));
        String text = HitExplainer.head(textOf(field));
        List<Excerpts.Word> words = words(text, explainer.tokenizer(), pieces);
        FieldOptions options = field.field.fieldOptions();
        UnaryOperator<String> escape = "html".equals(options.encoder()) ? SimpleHTMLEncoder::htmlEncode : UnaryOperator.identity();
        Excerpts excerpts = new Excerpts(
            options.preTags()[0],
            options.postTags()[0],
            options.fragmentCharSize(),
            options.numberOfFragments(),
            escape
        );
        if (words.stream().noneMatch(Excerpts.Word::isMatched)) return excerpts.beginning(text, words, options.noMatchSize());
        return options.numberOfFragments() == 0 ? List.of(excerpts.whole(text, words)) : excerpts.of(text, words);
    }

    private static String textOf(FieldHighlightContext field) throws IOException {
        return HighlightUtils.loadFieldValues(
            field.fieldType,
            field.context.getQueryShardContext(),
            field.hitContext,
            field.forceSource
        ).stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    private static List<Excerpts.Word> words(String text, WordPieceTokenizer tokenizer, Set<String> matched) {
        List<Excerpts.Word> found = new ArrayList<>();
        WordPieceTokenizer.Words words = tokenizer.words(text);
        while (words.next()) {
            boolean isMatched = false;
            for (int id : words.ids()) isMatched |= matched.contains(tokenizer.piece(id));
            found.add(new Excerpts.Word(words.start(), words.end(), isMatched));
        }
        return found;
    }
}
