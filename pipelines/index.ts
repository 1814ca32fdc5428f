export { FrequencyCache, type SparseField, weightTokens } from './corpus-frequencies.ts'
export {
  type CorpusFrequencies,
  inverseDocumentFrequency,
  type QueryIdf,
  weightByCorpus,
} from './corpus-idf.ts'
export { measureCoverage } from './coverage.ts'
export { fuseMinMax, fuseReciprocalRank } from './fusion.ts'
export {
  type InstallPipelineOptions,
  ingestPipeline,
  ingestPipelineName,
  installIngestPipeline,
  STAMP_PROCESSOR,
  type StampForm,
} from './ingest-pipeline.ts'
export { lexicalQuery } from './lexical-query.ts'
export { type QueryClause, type QueryForm, sparseQuery } from './query-builder.ts'
export { engineFusion, fusionDepth } from './ranking.ts'
export { type SearchResources, search } from './search.ts'
export { SearchCache } from './search-cache.ts'
export type { Fusion, SearchHit, SearchMode, SearchRequest, SearchResult } from './search-request.ts'
export { DEFAULT_BM25_WEIGHT } from './search-request.ts'
export { type TwoPhase, type TwoPhaseQuery, twoPhaseQuery } from './two-phase.ts'
export type { TwoPhaseReport } from './two-phase-ranking.ts'
