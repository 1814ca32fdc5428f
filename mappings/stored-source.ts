import { LexpandError } from '../sparse/errors.ts'
import type { IndexMapping } from './index-mapping.ts'
import { SIDECAR } from './sidecar.ts'

/**
 * Workers read texts and states from `_source`. An index that keeps them out of it would look blank: every document
 * would become `empty` without a word.
 *
 * @throws LexpandError INDEX naming the field that is not kept
 */
export function assertSourceKept(fields: readonly string[], mapping: IndexMapping, index: string): void {
  const lost = [...fields, SIDECAR].find((path) => !isKeptInSource(mapping, path))
  if (lost === undefined) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected _source of index ${index} to keep ${lost}, got a mapping that leaves it out. Reindex into an index whose _source keeps the text fields and ${SIDECAR}.`,
  )
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
