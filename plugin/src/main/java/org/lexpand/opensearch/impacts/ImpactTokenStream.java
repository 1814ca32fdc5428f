// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.impacts;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttribute;
import org.apache.lucene.analysis.tokenattributes.TermFrequencyAttribute;
import org.apache.lucene.util.BytesRef;

import java.util.List;

/** All tokens of one document in one stream, with the weight in the place of the term frequency. */
public final class ImpactTokenStream extends TokenStream {
    private final BytesTermAttribute term = addAttribute(BytesTermAttribute.class);
    private final TermFrequencyAttribute frequency = addAttribute(TermFrequencyAttribute.class);
    private final List<BytesRef> tokens;
    private final int[] impacts;
    private int next;

    /** @param impacts of the tokens, in their order */
    public ImpactTokenStream(List<BytesRef> tokens, int[] impacts) {
        this.tokens = tokens;
        this.impacts = impacts;
    }

    @Override
    public void reset() {
        next = 0;
    }

    @Override
    public boolean incrementToken() {
        if (next == tokens.size()) return false;
        clearAttributes();
        term.setBytesRef(tokens.get(next));
        frequency.setTermFrequency(impacts[next]);
        next++;
        return true;
    }
}
