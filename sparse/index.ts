export { type Activation, activate } from './activation.ts'
export type { Encoder, TokenWindow } from './encoder.ts'
export { ERROR_CODES, type ErrorCode, LexpandError } from './errors.ts'
export { type ExpandedText, type Expansion, expandTexts } from './expand.ts'
export { explain, score, type TokenContribution } from './explain.ts'
export { toFeatures } from './features.ts'
export { type HighlightOptions, highlight } from './highlight.ts'
export { indexablePiece } from './indexable.ts'
export { maxMerge } from './merge.ts'
export { maxPooledWeights } from './pooling.ts'
export { assertPruning, DEFAULT_PRUNING, type Pruning, prune } from './prune.ts'
export { encodeQuery, LARGEST_QUERY_WEIGHT, type QueryToken } from './query.ts'
export { QueryTable } from './query-table.ts'
export { EMPTY_VECTOR, SMALLEST_WEIGHT, type SparseVector, sparseVector } from './sparse-vector.ts'
export { IMPACT_STEP, roundToImpact, truncateToFeatureField } from './stored-weight.ts'
export { tokenBatches } from './token-batches.ts'
export { type Word, WordPieceTokenizer } from './tokenizer.ts'
export {
  assertWindowing,
  DEFAULT_MAX_WINDOWS,
  DEFAULT_OVERLAP,
  type WindowedText,
  type Windowing,
  windowsOf,
} from './windows.ts'
