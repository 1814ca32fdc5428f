import type { IndexMapping } from '../index-mapping.ts'

/**
 * Field types that hold vectors. rank_features: exists in every OpenSearch, keeps nine significant bits of a weight.
 * lexpand_impacts: steps of 1/128, smaller; a type of the Lexpand plugin, which every node of the cluster then needs.
 */
export const VECTOR_TYPES = ['rank_features', 'lexpand_impacts'] as const

export type VectorType = (typeof VECTOR_TYPES)[number]

/** The type that every cluster can open, with and without the plugin. */
export const DEFAULT_VECTOR_TYPE: VectorType = 'rank_features'

/** Type of a field in a mapping; undefined when the field is missing or of a type that holds no vectors. */
export function vectorTypeOf({ properties = {} }: IndexMapping, field: string): VectorType | undefined {
  const type = Object.hasOwn(properties, field) ? properties[field]?.type : undefined
  return VECTOR_TYPES.find((known) => known === type)
}

/**
 * The query clause of one word piece in a field of the type: its score is boost times stored weight, on any node that
 * can open the index.
 */
export function tokenClause(type: VectorType, field: string, token: string, boost?: number) {
  const weight = boost === undefined ? {} : { boost }
  return type === 'rank_features'
    ? { rank_feature: { field: `${field}.${token}`, linear: {}, ...weight } }
    : { term: { [field]: { value: token, ...weight } } }
}
