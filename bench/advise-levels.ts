import type { Pruning } from '../sparse/prune.ts'

/** Shares of a document's largest weight that are tried. */
export const RATIOS = [0.05, 0.1, 0.15, 0.2, 0.3] as const

/** One pruning to be measured. */
export interface Level {
  /** As `--pruning` takes it. */
  readonly pruning: string
  /** What is taken from the stored vectors: 0 leaves them as they are. */
  readonly ratio: number
}

/**
 * The pruning of the index, and those that can be tried on it: weights that are gone cannot be brought back, so only
 * stronger ones. On an index with another rule than max_ratio they are tried on top of it.
 */
export function levelsFor(held: Pruning): Level[] {
  const asItIs = { pruning: written(held), ratio: 0 }
  const stronger = RATIOS.filter((ratio) => held.type !== 'max_ratio' || ratio > held.ratio + 1e-9)
  return [asItIs, ...stronger.map((ratio) => ({ pruning: written({ type: 'max_ratio', ratio }), ratio }))]
}

/** As `--pruning` of the command line takes it. */
export function written(pruning: Pruning): string {
  switch (pruning.type) {
    case 'none':
      return 'none'
    case 'max_ratio':
      return `max_ratio:${pruning.ratio}`
    case 'top_k':
      return `top_k:${pruning.k}`
    case 'alpha_mass':
      return `alpha_mass:${pruning.mass}`
    case 'abs_value':
      return `abs_value:${pruning.threshold}`
  }
}
