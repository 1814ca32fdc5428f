import { createHash } from 'node:crypto'
import type { Pruning } from '../sparse/vectors/prune.ts'
import type { Windowing } from '../sparse/word-pieces/windows.ts'

/**
 * The stamp of a vector: equal fingerprints make comparable vectors.
 *
 * @param identity of the model, as `Model.identity` gives it
 * @param spec `fields` in the order their values are joined
 * @returns 16 hex digits
 */
export function fingerprint(
  identity: string,
  spec: { readonly fields: readonly string[]; readonly windowing: Windowing; readonly pruning: Pruning },
): string {
  const { maxLength, overlap, maxWindows } = spec.windowing
  return digest([identity, spec.fields, [maxLength, overlap, maxWindows], pruningKey(spec.pruning)]).slice(
    0,
    16,
  )
}

/** Sorted entries: objects that say the same in another key order stamp the same. */
function pruningKey(pruning: Pruning): [string, unknown][] {
  return Object.entries(pruning).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** An array, not an object: its JSON has one form only. */
function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
