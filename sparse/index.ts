export type { Encoder, TokenWindow } from './encoder.ts'
export { ERROR_CODES, type ErrorCode, LexpandError } from './errors.ts'
export { type ExpandedText, type Expansion, expandTexts } from './expand.ts'
export { toFeatures } from './features.ts'
export { encodeQuery, LARGEST_QUERY_WEIGHT, type QueryToken } from './query/encode-query.ts'
export { explain, score, type TokenContribution } from './query/explain.ts'
export { type HighlightOptions, highlight } from './query/highlight.ts'
export { QueryTable } from './query/query-table.ts'
export { type Activation, activate } from './vectors/activation.ts'
export { maxMerge } from './vectors/merge.ts'
export { type MaskedLogits, maxPooledWeights } from './vectors/pooling.ts'
export { assertPruning, DEFAULT_PRUNING, type Pruning, prune } from './vectors/prune.ts'
export { EMPTY_VECTOR, SMALLEST_WEIGHT, type SparseVector, sparseVector } from './vectors/sparse-vector.ts'
export { IMPACT_STEP, roundToImpact, truncateToFeatureField } from './vectors/stored-weight.ts'
export { indexablePiece } from './word-pieces/indexable.ts'
export { tokenBatches } from './word-pieces/token-batches.ts'
export { type Word, WordPieceTokenizer } from './word-pieces/tokenizer.ts'
export {
  assertWindowing,
  DEFAULT_MAX_WINDOWS,
  DEFAULT_OVERLAP,
  type WindowedText,
  type Windowing,
  windowsOf,
} from './word-pieces/windows.ts'
