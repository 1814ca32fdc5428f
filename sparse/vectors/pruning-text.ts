import { LexpandError } from '../errors.ts'
import { assertPruning, type Pruning } from './prune.ts'

/**
 * Parses a pruning as people type it: `none`, `max_ratio:0.1`, `top_k:200`, `alpha_mass:0.9` or `abs_value:0.05`.
 *
 * @throws LexpandError CONFIGURATION for another form or a value out of range
 */
export function parsePruning(text: string): Pruning {
  const [type = '', value = ''] = text.split(':')
  const at = value.trim() === '' ? Number.NaN : Number(value)
  const found = {
    none: { type },
    max_ratio: { type, ratio: at },
    top_k: { type, k: at },
    alpha_mass: { type, mass: at },
    abs_value: { type, threshold: at },
  }
  if (!Object.hasOwn(found, type) || (type === 'none') !== (value === '')) {
    throw new LexpandError(
      'CONFIGURATION',
      `[prune] expected none, max_ratio:R, top_k:K, alpha_mass:M or abs_value:T, got ${JSON.stringify(text)}. Write one of them.`,
    )
  }
  const wanted = found[type as keyof typeof found] as Pruning
  assertPruning(wanted)
  return wanted
}

/** Writes a pruning in the form that {@link parsePruning} reads. */
export function formatPruning(pruning: Pruning): string {
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
