export { balanceFor } from './hybrid/balance.ts'
export { fuseMinMax, fuseReciprocalRank } from './hybrid/fusion.ts'
export { type OnePassOptions, onePassQuery, type ScaledQuery } from './hybrid/one-pass.ts'
export {
  type InstallPipelineOptions,
  ingestPipeline,
  ingestPipelineName,
  installIngestPipeline,
  STAMP_PROCESSOR,
  type StampForm,
  templatePipelineName,
} from './ingest/ingest-pipeline.ts'
export { missingPipelines } from './ingest/missing-pipelines.ts'
export { chainName, removeChain } from './ingest/owner-chain.ts'
export { storePipeline, useByDefault } from './ingest/store-pipeline.ts'
export { unstampedIndices } from './ingest/unstamped-indices.ts'
export { FrequencyCache, type SparseField, weightTokens } from './query/corpus-frequencies.ts'
export {
  type CorpusFrequencies,
  inverseDocumentFrequency,
  type QueryIdf,
  weightByCorpus,
} from './query/corpus-idf.ts'
export { lexicalQuery } from './query/lexical-query.ts'
export { type QueryClause, type QueryForm, sparseQuery } from './query/query-builder.ts'
export type { TwoPhaseReport } from './query/two-phase.ts'
export { type TwoPhase, type TwoPhaseQuery, twoPhaseQuery } from './query/two-phase.ts'
export { type BuiltQuery, buildQuery, type QueryRequest } from './search/build-query.ts'
export { measureCoverage } from './search/coverage.ts'
export type { SearchResources } from './search/plan.ts'
export { engineFusion, fusionDepth } from './search/ranking.ts'
export { search } from './search/search.ts'
export { SearchCache } from './search/search-cache.ts'
export type {
  FeedbackReport,
  Fusion,
  Rewrite,
  SearchHit,
  SearchMode,
  SearchRequest,
  SearchResult,
  Shares,
  SortKey,
  SortValue,
} from './search/search-request.ts'
export { DEFAULT_BM25_WEIGHT } from './search/search-request.ts'
