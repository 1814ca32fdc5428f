import type { Pruning } from '../sparse/vectors/prune.ts'
import { formatPruning } from '../sparse/vectors/pruning-text.ts'

/** Ratios to a document's largest weight that are tried. */
export const RATIOS = [0.05, 0.1, 0.15, 0.2, 0.3] as const

/** One pruning to measure. */
export interface Level {
  /** The form that `--pruning` takes. */
  readonly pruning: string
  /** Ratio for pruning the stored vectors; 0 leaves them unchanged. */
  readonly ratio: number
}

/**
 * The pruning of the index, and the ones that can be tried on it: removed weights cannot be restored, so only stronger
 * ones. On an index with another rule than max_ratio they are tried on top of it.
 */
export function levelsFor(held: Pruning): Level[] {
  const asItIs = { pruning: formatPruning(held), ratio: 0 }
  const stronger = RATIOS.filter((ratio) => held.type !== 'max_ratio' || ratio > held.ratio + 1e-9)
  return [
    asItIs,
    ...stronger.map((ratio) => ({ pruning: formatPruning({ type: 'max_ratio', ratio }), ratio })),
  ]
}
