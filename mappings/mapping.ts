import { LexpandError } from '../sparse/errors.ts'
import type { FieldMapping, IndexMapping } from './index-mapping.ts'
import { SIDECAR, sidecarMapping } from './sidecar.ts'
import type { IndexSpecification } from './specification.ts'
import { DEFAULT_VECTOR_TYPE, type VectorType, vectorTypeOf } from './vector-type.ts'

export interface MappingOptions {
  /** Of the text fields. @default 'english' */
  readonly analyzer?: string | undefined
  /** Of the sparse field. @default 'rank_features' */
  readonly vectorType?: VectorType | undefined
}

/**
 * The mapping of a new index: text fields, sparse field, sidecar and the specification. The type of the sparse field
 * stands in the mapping alone, since it changes no vector: both types take the same documents.
 */
export function newMapping(
  specification: IndexSpecification,
  { analyzer = 'english', vectorType }: MappingOptions = {},
) {
  return {
    _meta: { [SIDECAR]: specification },
    properties: {
      ...Object.fromEntries(
        specification.fields.map((field) => [field, { type: 'text', analyzer } as FieldMapping]),
      ),
      ...ownMapping(specification, vectorType),
    } as Record<string, FieldMapping>,
  }
}

/**
 * What an existing mapping lacks of our own fields.
 *
 * @param vectorType undefined: a sparse field that is there may have any type for vectors
 * @throws LexpandError INDEX when a field has one of our names and another type
 */
export function missingOwnFields(
  present: Readonly<Record<string, FieldMapping>>,
  specification: IndexSpecification,
  index: string,
  vectorType?: VectorType,
): Record<string, FieldMapping> {
  const missing: Record<string, FieldMapping> = {}
  for (const [name, wanted] of Object.entries(ownMapping(specification, vectorType))) {
    const found = own(present, name)
    if (found === undefined) {
      missing[name] = wanted
      continue
    }
    const type = name === specification.sparse_field ? vectorTypeOf({ properties: present }, name) : undefined
    if (type === undefined) assertType(name, wanted, found, index)
    else assertVectorType(name, vectorType ?? type, type, index)
    for (const [key, inner] of Object.entries(wanted.properties ?? {})) {
      const innerFound = own(found.properties ?? {}, key)
      if (innerFound === undefined) missing[name] = wanted
      else assertType(`${name}.${key}`, inner, innerFound, index)
    }
  }
  return missing
}

/**
 * A misspelt field name would make every document `empty` without a word, so fields that an existing index does not
 * map are refused.
 *
 * @throws LexpandError INDEX naming the field and those that exist
 */
export function assertTextFields(fields: readonly string[], mapping: IndexMapping, index: string): void {
  for (const field of fields) {
    const found = fieldAt(mapping.properties ?? {}, field)
    if (found === undefined) {
      const names = Object.keys(mapping.properties ?? {}).slice(0, 20)
      throw new LexpandError(
        'INDEX',
        `[mappings] expected a text field ${field} in index ${index}, got only ${names.join(', ')}. Check the name, or map the field first.`,
      )
    }
    if (!TEXT_TYPES.has(found.type ?? 'object')) {
      throw new LexpandError(
        'INDEX',
        `[mappings] expected text in field ${field} of index ${index}, got type ${found.type ?? 'object'}. Name a field that holds text.`,
      )
    }
  }
}

const TEXT_TYPES = new Set([
  'text',
  'match_only_text',
  'annotated_text',
  'search_as_you_type',
  'keyword',
  'wildcard',
  'semantic',
])

function ownMapping(
  { sparse_field }: IndexSpecification,
  vectorType = DEFAULT_VECTOR_TYPE,
): Record<string, FieldMapping> {
  return { [sparse_field]: { type: vectorType }, [SIDECAR]: sidecarMapping }
}

function assertVectorType(field: string, wanted: VectorType, found: VectorType, index: string): void {
  if (found === wanted) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected field ${field} of index ${index} to be of type ${wanted}, got ${found}, and a type cannot change. Leave the vector type out, or build a new index: lexpand reindex --to NAME --vector-type ${wanted}.`,
  )
}

function assertType(name: string, wanted: FieldMapping, found: FieldMapping, index: string): void {
  // The engine leaves the type of objects out.
  const type = found.type ?? 'object'
  if (type === (wanted.type ?? 'object')) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected field ${name} of index ${index} to be free or of type ${wanted.type}, got type ${type}. Choose another sparse field, or rename that one.`,
  )
}

function fieldAt(properties: Readonly<Record<string, FieldMapping>>, path: string): FieldMapping | undefined {
  let found: FieldMapping | undefined = { properties }
  for (const step of path.split('.')) found = own(found?.properties ?? {}, step)
  return found
}

function own<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
