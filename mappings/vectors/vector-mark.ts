import { tokenClause, type VectorType } from './vector-type.ts'

/**
 * A piece in every vector of an index whose `_source` does not keep vectors. No vocabulary has it, so no query asks for
 * it, but it exists exactly as long as its vector. A partial update builds a document anew from its source: the vector
 * is lost, the sidecar still says `ready`, and only the missing mark shows it.
 */
export const VECTOR_MARK = '[lexpand]'

const NAME = 'vector'

/** An optional clause that makes a hit tell whether its document has a vector, see {@link hasMark}. */
export function markClause(type: VectorType, sparseField: string) {
  return { bool: { must: [tokenClause(type, sparseField, VECTOR_MARK)], _name: NAME } }
}

export function hasMark(hit: { readonly matched_queries?: readonly string[] | undefined }): boolean {
  return hit.matched_queries?.includes(NAME) ?? false
}
