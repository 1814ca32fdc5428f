import { LexpandError } from '../sparse/errors.ts'
import { type FieldMapping, fieldAt, type IndexMapping, ownField } from './index-mapping.ts'
import { SIDECAR, sidecarMapping } from './sidecar.ts'
import type { IndexSpecification } from './specification.ts'
import { assertTextFields } from './text-fields.ts'
import { DEFAULT_VECTOR_TYPE, type VectorType, vectorTypeOf } from './vectors/vector-type.ts'

export interface MappingOptions {
  /** Analyzer of the text fields. @default 'english' */
  readonly analyzer?: string | undefined
  /** Type of the sparse field. @default 'rank_features' */
  readonly vectorType?: VectorType | undefined
  /**
   * Further parts of the mapping, in the form of `PUT /index`. Text fields that it maps stay as given; an existing
   * index gets the fields that it lacks.
   */
  readonly mapping?: IndexMapping | undefined
}

/**
 * Mapping of a new index: text fields, sparse field, sidecar and the specification. The type of the sparse field is in
 * the mapping only and not in the specification, because both types take the same documents and vectors.
 */
export function newMapping(
  specification: IndexSpecification,
  { analyzer = 'english', vectorType, mapping = {} }: MappingOptions = {},
) {
  const { fields } = specification
  const present = mapping.properties ?? {}
  const unmapped = fields.filter((field) => fieldAt(present, field) === undefined)
  assertTextFields(
    fields.filter((field) => !unmapped.includes(field)),
    mapping,
    'the new index',
  )
  return {
    ...mapping,
    _meta: { ...mapping._meta, [SIDECAR]: specification },
    properties: {
      ...present,
      ...Object.fromEntries(unmapped.map((field) => [field, { type: 'text', analyzer } as FieldMapping])),
      ...missingOwnFields(present, specification, 'the new index', vectorType),
    } as Record<string, FieldMapping>,
  }
}

/**
 * Fields that an index lacks.
 *
 * @throws LexpandError INDEX when a field exists with another type
 */
export function missingFields(
  present: Readonly<Record<string, FieldMapping>>,
  wanted: Readonly<Record<string, FieldMapping>>,
  index: string,
): Record<string, FieldMapping> {
  const missing: Record<string, FieldMapping> = {}
  for (const [name, field] of Object.entries(wanted)) {
    const found = fieldAt(present, name)
    if (found === undefined) missing[name] = field
    else if ((found.type ?? 'object') !== (field.type ?? 'object')) {
      throw new LexpandError(
        'INDEX',
        `[mappings] expected field ${name} of index ${index} to be of type ${field.type ?? 'object'}, got ${found.type ?? 'object'}, and a type cannot change. Leave it out, or fill a new index.`,
      )
    }
  }
  return missing
}

/**
 * Lexpand's own fields that an existing mapping lacks.
 *
 * @param vectorType undefined accepts an existing sparse field of any type for vectors
 * @throws LexpandError INDEX when a field has one of Lexpand's names and another type
 */
export function missingOwnFields(
  present: Readonly<Record<string, FieldMapping>>,
  specification: IndexSpecification,
  index: string,
  vectorType?: VectorType,
): Record<string, FieldMapping> {
  const missing: Record<string, FieldMapping> = {}
  for (const [name, wanted] of Object.entries(ownMapping(specification, vectorType))) {
    const found = ownField(present, name)
    if (found === undefined) {
      missing[name] = wanted
      continue
    }
    const type = name === specification.sparse_field ? vectorTypeOf({ properties: present }, name) : undefined
    if (type === undefined) assertType(name, wanted, found, index)
    else assertVectorType(name, vectorType ?? type, type, index)
    for (const [key, inner] of Object.entries(wanted.properties ?? {})) {
      const innerFound = ownField(found.properties ?? {}, key)
      if (innerFound === undefined) missing[name] = wanted
      else assertType(`${name}.${key}`, inner, innerFound, index)
    }
  }
  return missing
}

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
  // The engine omits the type of objects.
  const type = found.type ?? 'object'
  if (type === (wanted.type ?? 'object')) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected field ${name} of index ${index} to be free or of type ${wanted.type}, got type ${type}. Choose another sparse field, or rename that one.`,
  )
}
