// SPDX-License-Identifier: Apache-2.0
package org.lexpand.opensearch;

import org.apache.lucene.analysis.Analyzer;
import org.lexpand.opensearch.analysis.WordPieceAnalysis;
import org.lexpand.opensearch.explain.ExplainExtBuilder;
import org.lexpand.opensearch.explain.ExplainFetchPhase;
import org.lexpand.opensearch.explain.LexpandHighlighter;
import org.lexpand.opensearch.impacts.ImpactsFieldMapper;
import org.lexpand.opensearch.model.Models;
import org.lexpand.opensearch.query.DocumentFrequencies;
import org.lexpand.opensearch.query.LexpandQueryBuilder;
import org.lexpand.opensearch.query.QueryResources;
import org.lexpand.opensearch.query.WindowedSearch;
import org.lexpand.opensearch.rewrite.QueryRewriteProcessor;
import org.lexpand.opensearch.stamp.StampListener;
import org.lexpand.opensearch.stamp.StampProcessor;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.IndexModule;
import org.opensearch.index.analysis.AnalyzerProvider;
import org.opensearch.index.analysis.TokenizerFactory;
import org.opensearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.opensearch.index.mapper.Mapper;
import org.opensearch.ingest.Processor;
import org.opensearch.plugins.AnalysisPlugin;
import org.opensearch.plugins.IngestPlugin;
import org.opensearch.plugins.MapperPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.plugins.SearchPipelinePlugin;
import org.opensearch.plugins.SearchPlugin;
import org.opensearch.search.fetch.FetchSubPhase;
import org.opensearch.search.fetch.subphase.highlight.Highlighter;
import org.opensearch.search.pipeline.SearchRequestProcessor;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The extensions of the engine: a table of registrations. */
public final class LexpandPlugin extends Plugin implements SearchPlugin, SearchPipelinePlugin, AnalysisPlugin, IngestPlugin, MapperPlugin {
    private final QueryResources resources;

    /** The engine calls this constructor by its parameter types. */
    public LexpandPlugin(Settings settings, Path configuration) {
        this.resources = new QueryResources(Models.load(configuration), new DocumentFrequencies());
    }

    @Override
    public List<QuerySpec<?>> getQueries() {
        return List.of(
            new QuerySpec<>(
                LexpandQueryBuilder.NAME,
                in -> new LexpandQueryBuilder(in, resources),
                parser -> LexpandQueryBuilder.fromXContent(parser, resources)
            )
        );
    }

    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        return Map.of(ImpactsFieldMapper.CONTENT_TYPE, ImpactsFieldMapper.PARSER);
    }

    @Override
    public List<SearchExtSpec<?>> getSearchExts() {
        return List.of(new SearchExtSpec<>(ExplainExtBuilder.NAME, ExplainExtBuilder::new, ExplainExtBuilder::fromXContent));
    }

    @Override
    public List<FetchSubPhase> getFetchSubPhases(FetchPhaseConstructionContext context) {
        return List.of(new ExplainFetchPhase(resources.models()));
    }

    @Override
    public Map<String, Highlighter> getHighlighters() {
        return Map.of(LexpandHighlighter.TYPE, new LexpandHighlighter(resources.models()));
    }

    @Override
    public Map<String, org.opensearch.search.pipeline.Processor.Factory<SearchRequestProcessor>> getRequestProcessors(SearchPipelinePlugin.Parameters parameters) {
        return Map.of(QueryRewriteProcessor.TYPE, new QueryRewriteProcessor.Factory(resources));
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
        return Map.of(
            WordPieceAnalysis.NAME,
            (index, environment, name, settings) -> WordPieceAnalysis.analyzer(resources.models(), index, name, settings)
        );
    }

    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        return Map.of(
            WordPieceAnalysis.NAME,
            (index, environment, name, settings) -> WordPieceAnalysis.tokenizer(resources.models(), name, settings)
        );
    }

    @Override
    public Map<String, Processor.Factory> getProcessors(Processor.Parameters parameters) {
        return Map.of(StampProcessor.TYPE, new StampProcessor.Factory(parameters.client::multiGet));
    }

    @Override
    public void onIndexModule(IndexModule module) {
        StampListener listener = new StampListener();
        module.addIndexEventListener(listener);
        module.addIndexOperationListener(listener);
        module.addSearchOperationListener(new WindowedSearch());
    }
}
