import { LexpandError } from '../errors.ts'

/** Function from a maximal logit to a weight: `log1p_relu` of the v1 and v2 models, the double log of the v3 models. */
export type Activation = 'log1p_relu' | 'log1p_log1p_relu'

/** @throws LexpandError MODEL for an activation that is not in the table: a guess would give plausible, wrong weights */
export function activate(logit: number, activation: Activation): number {
  const known = ACTIVATIONS.get(activation)
  if (known === undefined) {
    throw new LexpandError(
      'MODEL',
      `[activation] expected one of ${[...ACTIVATIONS.keys()].join(', ')}, got ${String(activation)}. Correct the manifest.`,
    )
  }
  return known(logit)
}

const ACTIVATIONS: ReadonlyMap<string, (logit: number) => number> = new Map<
  Activation,
  (logit: number) => number
>([
  ['log1p_relu', (logit) => Math.log1p(Math.max(logit, 0))],
  ['log1p_log1p_relu', (logit) => Math.log1p(Math.log1p(Math.max(logit, 0)))],
])
