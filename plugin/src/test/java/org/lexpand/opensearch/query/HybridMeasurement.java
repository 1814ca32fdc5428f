// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch.query;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.tokenattributes.TermToBytesRefAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.FeatureField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;
import org.lexpand.opensearch.model.Model;
import org.lexpand.opensearch.model.Models;
import org.opensearch.common.xcontent.XContentHelper;
import org.opensearch.common.xcontent.json.JsonXContent;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Measures one-pass hybrid in plain Lucene, in turns and in one thread: BM25 alone, the sparse windows, Lucene's flat
 * clauses, the windows with text. This is no test; plugin/README.md says how to run it by hand.
 *
 * <p>Reads texts.txt (one passage on each line), vectors.jsonl (the output of {@code lexpand encode} for it) and
 * queries.txt. Documents beyond the passages are variants: three in ten words and word pieces come from another
 * passage.
 */
public final class HybridMeasurement {
    private static final int[] PERCENT = { 100, 50, 10, 1 };
    private static final int K = 10;

    private final Model model = Models.load(null).bundled();
    private final Analyzer english = new EnglishAnalyzer();

    private HybridMeasurement() {}

    /** @param arguments folder, number of documents, passes over the queries, weight of the text */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        int documents = Integer.parseInt(arguments[1]);
        HybridMeasurement measurement = new HybridMeasurement();
        Path index = folder.resolve("index-" + documents);
        if (!Files.exists(index)) measurement.write(folder, index, documents);
        measurement.measure(folder, index, Integer.parseInt(arguments[2]), Float.parseFloat(arguments[3]));
    }

    private record Passage(String[] words, Map<String, Number> vector) {}

    @SuppressWarnings("unchecked")
    private static List<Passage> passages(Path folder) throws IOException {
        List<Passage> passages = new ArrayList<>();
        List<String> texts = Files.readAllLines(folder.resolve("texts.txt"));
        for (String line : Files.readAllLines(folder.resolve("vectors.jsonl"))) {
            Map<String, Object> vector = XContentHelper.convertToMap(JsonXContent.jsonXContent, line, false);
            passages.add(new Passage(texts.get(passages.size()).split(" "), (Map<String, Number>) vector.get("tokens")));
        }
        return passages;
    }

    private void write(Path folder, Path index, int documents) throws IOException {
        List<Passage> passages = passages(folder);
        try (
            FSDirectory directory = FSDirectory.open(index);
            IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig(english).setRAMBufferSizeMB(256))
        ) {
            Random random = new Random(17);
            for (int number = 0; number < documents; number++) {
                Passage own = passages.get(number % passages.size());
                Passage other = number < passages.size() ? own : passages.get(random.nextInt(passages.size()));
                writer.addDocument(document(own, other, random));
            }
            writer.forceMerge(1);
        }
    }

    private static Document document(Passage own, Passage other, Random random) {
        Document document = new Document();
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < own.words.length; at++) {
            String[] from = random.nextInt(10) < 3 ? other.words : own.words;
            text.append(from[Math.min(at, from.length - 1)]).append(' ');
            if (at == 8) document.add(new TextField("title", text.toString(), Field.Store.NO));
        }
        document.add(new TextField("body", text.toString(), Field.Store.NO));
        Map<String, Number> vector = new LinkedHashMap<>();
        own.vector.forEach((token, weight) -> { if (other == own || random.nextInt(10) >= 3) vector.put(token, weight); });
        other.vector.forEach((token, weight) -> { if (other != own && random.nextInt(10) < 3) vector.putIfAbsent(token, weight); });
        vector.forEach((token, weight) -> document.add(new FeatureField("f", token, weight.floatValue())));
        for (int percent : PERCENT) {
            if (random.nextInt(100) < percent) document.add(new StringField("share", "" + percent, Field.Store.NO));
        }
        return document;
    }

    private void measure(Path folder, Path index, int passes, float weight) throws IOException {
        try (FSDirectory directory = FSDirectory.open(index); DirectoryReader reader = DirectoryReader.open(directory)) {
            IndexSearcher searcher = new IndexSearcher(reader);
            searcher.setQueryCache(null);
            List<String> texts = Files.readAllLines(folder.resolve("queries.txt"));
            for (boolean best : new boolean[] { false, true }) {
                for (int percent : PERCENT) {
                    Query filter = percent == 100 ? null : new TermQuery(new Term("share", "" + percent));
                    List<Map<String, Query>> queries = new ArrayList<>();
                    for (String text : texts) queries.add(contestants(searcher, text, best, weight, filter));
                    report((best ? "best of two fields, " : "one field, ") + "filter " + percent + "%", searcher, queries, passes);
                }
            }
        }
    }

    private Map<String, Query> contestants(IndexSearcher searcher, String text, boolean best, float weight, Query filter) throws IOException {
        Map<String, Float> tokens = QueryTokens.of(
            new QueryParameters("f", text).with(IdfMode.BLEND),
            model,
            "f",
            searcher.getIndexReader(),
            new DocumentFrequencies()
        );
        Query words = best ? new DisjunctionMaxQuery(List.of(words("body", text), words("title", text)), .4f) : words("body", text);
        SparseQuery sparse = RandomIndex.query(StoredWeights.FEATURES, tokens);
        HybridQuery hybrid = HybridQuery.of(sparse, words, weight);
        Map<String, Query> queries = new LinkedHashMap<>();
        queries.put("bm25", filter == null ? words : RandomIndex.filtered(words, filter));
        queries.put("sparse windows", new WindowedSparseQuery(sparse, filter));
        queries.put("hybrid of Lucene", filter == null ? hybrid : RandomIndex.filtered(hybrid, filter));
        queries.put("hybrid windows", new WindowedSparseQuery(hybrid, filter));
        for (Map.Entry<String, Query> query : queries.entrySet()) query.setValue(searcher.rewrite(query.getValue()));
        return queries;
    }

    private Query words(String field, String text) throws IOException {
        BooleanQuery.Builder words = new BooleanQuery.Builder();
        try (TokenStream stream = english.tokenStream(field, text)) {
            TermToBytesRefAttribute term = stream.addAttribute(TermToBytesRefAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                words.add(new TermQuery(new Term(field, BytesRef.deepCopyOf(term.getBytesRef()))), BooleanClause.Occur.SHOULD);
            }
        }
        return words.build();
    }

    private static void report(String name, IndexSearcher searcher, List<Map<String, Query>> queries, int passes) throws IOException {
        // Processor time is measured, so that other load of the machine does not count.
        ThreadMXBean thread = ManagementFactory.getThreadMXBean();
        Map<String, double[]> times = new LinkedHashMap<>();
        for (String contestant : queries.get(0).keySet()) times.put(contestant, new double[passes * queries.size()]);
        // The first pass warms up.
        for (int pass = -1; pass < passes; pass++) {
            for (int query = 0; query < queries.size(); query++) {
                for (Map.Entry<String, Query> contestant : queries.get(query).entrySet()) {
                    long start = thread.getCurrentThreadCpuTime();
                    searcher.search(contestant.getValue(), new TopScoreDocCollectorManager(K, null, 1));
                    double took = (thread.getCurrentThreadCpuTime() - start) / 1e6;
                    if (pass >= 0) times.get(contestant.getKey())[pass * queries.size() + query] = took;
                }
            }
        }
        System.out.println(name + ", " + searcher.getIndexReader().maxDoc() + " documents, " + queries.size() + " queries");
        double[] bm25 = times.get("bm25");
        Arrays.sort(bm25);
        times.forEach((contestant, taken) -> {
            Arrays.sort(taken);
            System.out.printf(
                "  %-18s p50 %.3f ms (%.2f of bm25), p99 %.3f ms (%.2f), mean %.3f ms%n",
                contestant,
                taken[taken.length / 2],
                taken[taken.length / 2] / bm25[bm25.length / 2],
                taken[taken.length * 99 / 100],
                taken[taken.length * 99 / 100] / bm25[bm25.length * 99 / 100],
                Arrays.stream(taken).average().orElse(0)
            );
        });
    }
}
