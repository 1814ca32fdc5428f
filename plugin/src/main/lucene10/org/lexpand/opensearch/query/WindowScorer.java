// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Sums the scores of tokens and words over windows of documents, clause by clause, instead of document by document.
 *
 * <p>Learned weights differ little within a block, so that Lucene's bounds of blocks skip little and cost more than
 * they save. Here the bounds are those of whole clauses and serve one purpose: as soon as the collector asks for more
 * than the sum of the weakest clauses, these are looked up only for documents that the others made candidates. This is
 * MaxScore over windows; no document that could be collected is left out, at any k, so results are exact.
 */
final class WindowScorer extends BulkScorer {
    /** The sums of a window take 16 kB and leave half of the first-level cache to the postings. */
    static final int WINDOW = 2048;
    /** Measured: looking up one document costs as much as reading this many postings in a row. */
    private static final long LOOKUP = 8;
    /** Sorting candidates up to this share (1/32) of a window costs less than searching the window for them. */
    private static final int SORTED = 32;
    /** Larger than any rounding of the sums. */
    private static final double SLACK = 1e-6;

    private final LeafReader reader;
    /** Null: all documents. */
    private final FilterDocuments filter;
    /** Ordered so that the clauses that may be looked up come first. */
    private final WindowClause[] clauses;
    /** Upper bound of the sum of the clauses up to each position. */
    private final double[] bounds;
    private final double[] sums;
    private final int[] candidates;
    private final Collected collected = new Collected();

    private WindowScorer(LeafReader reader, List<WindowClause> postings, ScorerSupplier filter) throws IOException {
        this.reader = reader;
        this.clauses = postings.toArray(new WindowClause[0]);
        Arrays.sort(clauses, Comparator.comparingDouble(clause -> clause.bound / (double) clause.frequency));
        this.bounds = new double[clauses.length];
        double sum = 0;
        for (int at = 0; at < clauses.length; at++) bounds[at] = (sum += clauses[at].bound) * (1 + SLACK);
        int window = Math.min(WINDOW, reader.maxDoc());
        this.sums = new double[window];
        this.candidates = new int[window];
        this.filter = filter == null ? null : new FilterDocuments(filter.get(cost()), window);
    }

    /**
     * @param text null: the sparse field scores alone
     * @param skip whether the collector may ask for a least score
     * @param filter only documents that pass are collected; null: all documents
     */
    static WindowScorer of(LeafReaderContext segment, SparseQuery query, TextWeights text, float boost, boolean skip, ScorerSupplier filter)
        throws IOException {
        LeafReader reader = segment.reader();
        List<WindowClause> postings = new ArrayList<>();
        if (text != null) postings.addAll(text.clauses(segment, skip, Math.min(WINDOW, reader.maxDoc())));
        Terms terms = reader.terms(query.field());
        TermsEnum iterator = terms == null ? TermsEnum.EMPTY : terms.iterator();
        for (Map.Entry<String, Float> entry : query.weights().entrySet()) {
            if (!iterator.seekExact(new BytesRef(entry.getKey()))) continue;
            postings.add(TokenPostings.of(iterator, query.stored(), entry.getValue() * boost, skip ? reader.maxDoc() : Integer.MAX_VALUE));
        }
        return new WindowScorer(reader, postings, filter);
    }

    @Override
    public int score(LeafCollector collector, Bits accepted, int min, int max) throws IOException {
        collector.setScorer(collected);
        int end = Math.min(max, reader.maxDoc());
        for (int base = min; base < end;) {
            int lookedUp = lookedUp();
            boolean filterLeads = filterLeads(lookedUp);
            int first = filterLeads ? filter.advance(base) : firstDocument(base, lookedUp);
            if (first >= end) return first == DocIdSetIterator.NO_MORE_DOCS || end == reader.maxDoc() ? DocIdSetIterator.NO_MORE_DOCS : first;
            int to = (int) Math.min(end, (long) first + sums.length);
            collect(collector, accepted, first, to, filterLeads ? clauses.length : lookedUp);
            base = to;
        }
        return end == reader.maxDoc() ? DocIdSetIterator.NO_MORE_DOCS : end;
    }

    /** Number of clauses, from the first on, that cannot make a document competitive together. */
    private int lookedUp() {
        int count = 0;
        while (count < clauses.length && bounds[count] < collected.least) count++;
        return count;
    }

    /** The first document from {@code base} on that can be competitive. */
    private int firstDocument(int base, int lookedUp) throws IOException {
        int first = DocIdSetIterator.NO_MORE_DOCS;
        for (int at = lookedUp; at < clauses.length; at++) first = Math.min(first, clauses[at].advance(base));
        return first;
    }

    /** Whether looking the filter's documents up costs less than reading all postings of the clauses from {@code lookedUp} on. */
    private boolean filterLeads(int lookedUp) {
        if (filter == null) return false;
        long read = 0;
        long led = filter.cost;
        for (int at = lookedUp; at < clauses.length; at++) {
            read += clauses[at].frequency;
            led += Math.min(clauses[at].frequency, filter.cost * LOOKUP);
        }
        return led < read;
    }

    /**
     * @param lookedUp number of clauses that are looked up for the candidates of the others; if all are, the filter
     *   makes the candidates
     */
    private void collect(LeafCollector collector, Bits accepted, int base, int to, int lookedUp) throws IOException {
        boolean filterLeads = lookedUp == clauses.length;
        int count = filterLeads ? filter.all(base, to, candidates) : candidates(base, to, lookedUp);
        if (accepted != null) count = retain(count, candidate -> accepted.get(base + candidate));
        boolean filterFirst = filter != null && !filterLeads && !filter.looks();
        if (filterFirst) count = filter.retain(candidates, count, base, to, inARow(count, filter.cost, to - base));
        for (int at = lookedUp - 1; at >= 0 && count > 0; at--) {
            if (inARow(count, clauses[at].frequency, to - base)) {
                clauses[at].add(sums, base, to, Double.POSITIVE_INFINITY, candidates, count);
            } else {
                for (int i = 0; i < count; i++) sums[candidates[i]] += clauses[at].score(base + candidates[i]);
            }
            double least = missing(at);
            count = retain(count, candidate -> sums[candidate] >= least);
        }
        boolean filterLast = filter != null && !filterLeads && filter.looks();
        for (int i = 0; i < count; i++) {
            int document = base + candidates[i];
            float score = (float) sums[candidates[i]];
            if (score < collected.least || filterLast && !filter.passes(document)) continue;
            collected.score = score == TextPostings.ZERO ? 0 : score;
            collector.collect(document);
        }
        Arrays.fill(sums, 0, to - base, 0);
    }

    /** Whether reading a window's share of {@code documents} costs less than looking {@code count} of them up. */
    private boolean inARow(int count, long documents, int window) {
        return count * LOOKUP > documents * window / reader.maxDoc();
    }

    /** The sum that a document needs without the first {@code lookedUp} clauses; above 0 if there are none, since every posting scores. */
    private double missing(int lookedUp) {
        double least = Math.max(collected.least * (1 - SLACK), Double.MIN_VALUE);
        return lookedUp == 0 ? least : least - bounds[lookedUp - 1];
    }

    /** Adds up the clauses from {@code lookedUp} on. @return number of candidates */
    private int candidates(int base, int to, int lookedUp) throws IOException {
        double least = Math.max(missing(lookedUp), Double.MIN_VALUE);
        int count = 0;
        for (int at = clauses.length - 1; at >= lookedUp; at--) count = clauses[at].add(sums, base, to, least, candidates, count);
        if (count * SORTED < to - base) {
            Arrays.sort(candidates, 0, count);
            return count;
        }
        count = 0;
        for (int at = 0; at < to - base; at++) if (sums[at] >= least) candidates[count++] = at;
        return count;
    }

    private int retain(int count, IntPredicate fits) {
        int kept = 0;
        for (int at = 0; at < count; at++) if (fits.test(candidates[at])) candidates[kept++] = candidates[at];
        return kept;
    }

    @Override
    public long cost() {
        long cost = 0;
        for (WindowClause clause : clauses) cost += clause.frequency;
        return cost;
    }

    /** The collector's view of the current document; the collector sets its least score here. */
    private static final class Collected extends Scorable {
        float score;
        float least;

        @Override
        public float score() {
            return score;
        }

        @Override
        public void setMinCompetitiveScore(float least) {
            this.least = least;
        }
    }
}
