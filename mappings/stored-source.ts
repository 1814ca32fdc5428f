import { LexpandError } from '../sparse/errors.ts'
import type { IndexMapping } from './index-mapping.ts'
import { SIDECAR, SIDECAR_KEYS } from './sidecar.ts'

/**
 * Refuses an index whose `_source` lacks texts or sidecars. Workers read both from `_source`; without them every
 * document would silently become `empty`.
 *
 * @throws LexpandError INDEX with the field that is not kept
 */
export function assertSourceKept(fields: readonly string[], mapping: IndexMapping, index: string): void {
  // A document whose stored sidecar lacks a part would never be settled.
  const keys = SIDECAR_KEYS.map((key) => `${SIDECAR}.${key}`)
  const lost = [...fields, SIDECAR, ...keys].find((path) => !isKeptInSource(mapping, path))
  if (lost === undefined) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected _source of index ${index} to keep ${lost}, got a mapping that leaves it out. Reindex into an index whose _source keeps the text fields and ${SIDECAR}.`,
  )
}

/**
 * Accepts an index whose `_source` leaves out vectors only if it leaves out each vector as a whole: no vector then
 * survives an update, which its mark shows. A part that is left out would be lost while the rest stays, and nothing
 * could detect it.
 *
 * @throws LexpandError INDEX with the pattern
 */
export function assertVectorsWhole(sparseField: string, { _source = {} }: IndexMapping, index: string): void {
  const below = `${sparseField}.`
  const parts = [...(_source.excludes ?? []), ...(_source.includes ?? [])]
  const part = parts.find((path) => path.startsWith(below) && path !== `${below}*`)
  if (part === undefined) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected _source of index ${index} to keep vectors whole or not at all, got the pattern ${part}. Reindex into an index that names ${sparseField} or nothing of it.`,
  )
}

/** Whether vectors can be read back from `_source`. */
export function keepsVectors(mapping: IndexMapping, sparseField: string): boolean {
  const { excludes = [] } = mapping._source ?? {}
  return isKeptInSource(mapping, sparseField) && !excludes.some((path) => path.startsWith(`${sparseField}.`))
}

export function isKeptInSource({ _source = {} }: IndexMapping, path: string): boolean {
  const { enabled = true, includes = [], excludes = [] } = _source
  return enabled && !matches(excludes, path) && (includes.length === 0 || matches(includes, path))
}

/** Matches as the engine does: `*` stands for any characters, and a pattern covers everything below its path. */
function matches(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => {
    const escaped = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    return new RegExp(`^${escaped.join('.*')}(\\..*)?$`, 's').test(path)
  })
}
