/** The package's front door: set an index up, store documents, encode them, search, and move to a new model. */

// Imported first, so that an older Node reports the needed version before it meets a missing feature.
import './node-version.ts'

export {
  type ForgetOptions,
  type Forgotten,
  forget,
  type GateOptions,
  type GateReport,
  type ReindexOptions,
  type ReindexReport,
  type RollBackOptions,
  reindex,
  rollBackReindex,
  type SetUp,
  type SetUpOptions,
  setUp,
} from './indices/index.ts'
export {
  type IndexSpecification,
  type Installed,
  type InstallOptions,
  installIndex,
  readSpecification,
  type SpecificationOptions,
  specificationFor,
  type VectorType,
} from './mappings/index.ts'
export { type LoadOptions, loadModel, type Manifest, type Model } from './models/index.ts'
export {
  type BuiltQuery,
  buildQuery,
  type Fusion,
  ingestPipelineName,
  installIngestPipeline,
  type QueryClause,
  type QueryForm,
  type QueryIdf,
  SearchCache,
  type SearchHit,
  type SearchMode,
  type SearchRequest,
  type SearchResources,
  type SearchResult,
  search,
  type TwoPhase,
} from './pipelines/index.ts'
export {
  type Encoder,
  type ErrorCode,
  type HighlightOptions,
  LexpandError,
  type Pruning,
  type SparseVector,
  type TokenContribution,
  type Windowing,
} from './sparse/index.ts'
export {
  type AuditOptions,
  type AuditResult,
  audit,
  type EncodeQueue,
  type EnqueueOptions,
  type EnqueueReport,
  type EnqueueTarget,
  enqueue,
  type Logger,
  openQueue,
  type QueueOptions,
  type RedisPlace,
  type RunningSweeper,
  type RunningWorker,
  type SourceDocument,
  type SweeperOptions,
  type SweepOptions,
  type SweepReport,
  startSweeper,
  startWorker,
  sweep,
  type Telemetry,
  type UntilEncodedOptions,
  untilEncoded,
  type WorkerOptions,
  type WorkerStats,
} from './workers/index.ts'
export { Paused, type ReindexProgress, type ReindexState } from './workers/reindex/index.ts'
