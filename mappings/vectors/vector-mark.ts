import { tokenClause, type VectorType } from './vector-type.ts'

/**
 * A piece that stands in every vector of an index whose `_source` does not keep vectors. No vocabulary has it, so no query
 * asks for it; but it is there exactly as long as the vector is. A partial update builds a document anew from its source:
 * the vector is lost, the sidecar still says `ready`, and nothing but this mark tells.
 */
export const VECTOR_MARK = '[lexpand]'

const NAME = 'vector'

/** An optional clause by which a hit says whether its document has a vector, see {@link hasMark}. */
export function markClause(type: VectorType, sparseField: string) {
  return { bool: { must: [tokenClause(type, sparseField, VECTOR_MARK)], _name: NAME } }
}

export function hasMark(hit: { readonly matched_queries?: readonly string[] | undefined }): boolean {
  return hit.matched_queries?.includes(NAME) ?? false
}
