import { type IndexSpecification, SIDECAR } from '../../mappings/index.ts'
import type { CheckedRequest } from './checked-request.ts'

/** A `_source` filter as the engine takes it. */
export interface SourceFilter {
  readonly includes?: readonly string[] | undefined
  readonly excludes?: readonly string[] | undefined
}

type Source = Record<string, unknown>

/** The fields to fetch: those that the caller asked for, and those that explanation and highlights need. */
export function sourceFilter(
  request: CheckedRequest,
  { fields, sparse_field }: IndexSpecification,
): SourceFilter | false {
  const { sourceFields } = request
  const needed = looksInside(request) ? [...fields, sparse_field] : []
  if (sourceFields === undefined) {
    return { excludes: looksInside(request) ? [SIDECAR] : [SIDECAR, sparse_field] }
  }
  const includes = [...new Set([...sourceFields, ...needed])]
  return includes.length === 0 ? false : { includes }
}

/** Removes fields that were fetched only for explanation and highlights. */
export function wantedSource(
  source: Source,
  { sourceFields }: CheckedRequest,
  { fields, sparse_field }: IndexSpecification,
): Source {
  const unwanted =
    sourceFields === undefined
      ? [sparse_field]
      : [...fields, sparse_field].filter((field) => !sourceFields.some((wanted) => isWithin(field, wanted)))
  return unwanted.reduce(without, source)
}

/** Explanation and highlights read the text and the vector of a hit. */
function looksInside({ explain, highlight }: CheckedRequest): boolean {
  return explain || highlight !== undefined
}

function isWithin(field: string, wanted: string): boolean {
  return field === wanted || field.startsWith(`${wanted}.`)
}

/** A copy of the object without the value at a path; arrays on the way are walked. */
function without(source: Source, path: string): Source {
  const entries = Object.entries(source).flatMap(([key, value]): [string, unknown][] => {
    if (key === path) return []
    if (!path.startsWith(`${key}.`)) return [[key, value]]
    const rest = path.slice(key.length + 1)
    const kept = Array.isArray(value) ? value.map((item) => withoutIn(item, rest)) : withoutIn(value, rest)
    return isEmptyObject(kept) ? [] : [[key, kept]]
  })
  return Object.fromEntries(entries)
}

function withoutIn(value: unknown, path: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? without(value as Source, path)
    : value
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}
