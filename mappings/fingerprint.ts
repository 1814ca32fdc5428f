import { createHash } from 'node:crypto'
import type { Pruning } from '../sparse/vectors/prune.ts'
import type { Windowing } from '../sparse/word-pieces/windows.ts'

/**
 * Makes the identity of a vector's specification: vectors with equal fingerprints can be compared.
 *
 * @param identity identity of the model (`Model.identity`)
 * @param spec `fields` in the order in which their values are joined
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

/** Sorted entries: objects that differ only in the order of their keys give the same fingerprint. */
function pruningKey(pruning: Pruning): [string, unknown][] {
  return Object.entries(pruning).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** An array instead of an object, because its JSON has only one form. */
function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
