import { LexpandError } from '../sparse/errors.ts'
import type { IndexMapping } from './index-mapping.ts'
import { SIDECAR, SIDECAR_KEYS } from './sidecar.ts'

/**
 * Workers read texts and states from `_source`. An index that keeps them out of it would look blank: every document
 * would become `empty` without a word.
 *
 * @throws LexpandError INDEX naming the field that is not kept
 */
export function assertSourceKept(fields: readonly string[], mapping: IndexMapping, index: string): void {
  // A part of the sidecar that is left out would make its document unsettled for ever.
  const keys = SIDECAR_KEYS.map((key) => `${SIDECAR}.${key}`)
  const lost = [...fields, SIDECAR, ...keys].find((path) => !isKeptInSource(mapping, path))
  if (lost === undefined) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected _source of index ${index} to keep ${lost}, got a mapping that leaves it out. Reindex into an index whose _source keeps the text fields and ${SIDECAR}.`,
  )
}

/**
 * Vectors may be left out of `_source`, all of each: then none outlives an update, which their mark tells. A part that is
 * left out would be lost with the rest in place, and nothing could tell.
 *
 * @throws LexpandError INDEX naming the pattern
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

/** Whether `_source` gives vectors back. */
export function keepsVectors(mapping: IndexMapping, sparseField: string): boolean {
  const { excludes = [] } = mapping._source ?? {}
  return isKeptInSource(mapping, sparseField) && !excludes.some((path) => path.startsWith(`${sparseField}.`))
}

export function isKeptInSource({ _source = {} }: IndexMapping, path: string): boolean {
  const { enabled = true, includes = [], excludes = [] } = _source
  return enabled && !matches(excludes, path) && (includes.length === 0 || matches(includes, path))
}

/** As the engine reads the patterns: `*` stands for anything, and a pattern covers what lies below it. */
function matches(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => {
    const escaped = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    return new RegExp(`^${escaped.join('.*')}(\\..*)?$`, 's').test(path)
  })
}
