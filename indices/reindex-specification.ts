import type { Client } from '@opensearch-project/opensearch'
import { type IndexSpecification, specificationFor, type Versioning } from '../mappings/index.ts'
import type { Model } from '../models/index.ts'
import { resolveName } from '../opensearch/alias.ts'
import { LexpandError } from '../sparse/errors.ts'
import type { Pruning } from '../sparse/index.ts'
import { type FoundIndex, findIndex } from '../workers/reindex/index.ts'

/** The parts of a specification that the caller of a reindex may choose. */
export interface ChosenEncoding {
  readonly fields?: readonly string[] | undefined
  readonly sparseField?: string | undefined
  readonly pruning?: Pruning | undefined
  readonly versioning?: Versioning | undefined
}

/**
 * Specification of the reindexed documents: options that the caller omits keep the values of the index.
 *
 * @throws LexpandError CONFIGURATION when neither the caller nor the index names text fields
 */
export function specificationOfRun(
  { fields, sparseField, pruning, versioning }: ChosenEncoding,
  model: Model,
  { name, specification }: FoundIndex,
): IndexSpecification {
  const wantedFields = fields ?? specification?.fields
  if (wantedFields === undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      `[reindex] expected fields (--fields) with the text fields of ${name}, got none. Name them in the order they are read.`,
    )
  }
  const isSameModel = specification?.model.identity === model.identity
  const encoded = specificationFor(model, {
    fields: wantedFields,
    sparseField: sparseField ?? specification?.sparse_field,
    pruning: pruning ?? (isSameModel ? specification?.pruning : undefined),
    windowing: isSameModel ? specification?.windowing : undefined,
  })
  const kept = versioning ?? specification?.versioning
  return { ...encoded, versioning: kept === 'external' ? kept : undefined }
}

/** @throws LexpandError INDEX when no index has that name */
export async function existingIndex(client: Client, name: string): Promise<FoundIndex> {
  const resolved = await resolveName(client, name)
  const found = resolved === undefined ? undefined : await findIndex(client, resolved.index)
  if (found !== undefined) return found
  throw new LexpandError('INDEX', `[reindex] expected an index or alias ${name}, got none. Check the name.`)
}
