import type { Client } from '@opensearch-project/opensearch'
import { LexpandError } from '../sparse/errors.ts'
import { translateEngineError } from './engine-error.ts'
import { assertIndexName } from './index-name.ts'
import { type IndexSpecification, parseSpecification } from './specification.ts'

/** An index that Lexpand has set up. */
export interface InstalledIndex {
  /** Its own name, also when an alias was asked for. */
  readonly name: string
  readonly specification: IndexSpecification
}

/** The specification alone; see {@link readInstalledIndex}. */
export async function readSpecification(client: Client, index: string): Promise<IndexSpecification> {
  return (await readInstalledIndex(client, index)).specification
}

/**
 * Reads the specification of an index, or of the one index behind an alias.
 * Needs the privilege `indices:admin/mappings/get`.
 *
 * @throws LexpandError INDEX when there is no such index, the alias has several, or Lexpand did not set it up
 */
export async function readInstalledIndex(client: Client, index: string): Promise<InstalledIndex> {
  assertIndexName(index, 'mappings')
  const reply = await client.indices.getMapping({ index }).catch((error: unknown) => {
    throw translateEngineError(error, { part: 'mappings', index })
  })
  const concrete = Object.keys(reply.body)
  const [name] = concrete
  if (name === undefined || concrete.length > 1) throw severalIndices(index, concrete)
  const meta = reply.body[name]?.mappings?._meta
  const stored: unknown = meta?.lexpand
  if (stored === undefined) {
    throw new LexpandError(
      'INDEX',
      `[mappings] expected an index that Lexpand has set up, got ${name} without _meta.lexpand. Run lexpand index --index ${index}, or call installIndex.`,
    )
  }
  return { name, specification: parseSpecification(stored, name) }
}

/** @throws LexpandError INDEX, with both fingerprints, when vectors of the two cannot be compared */
export function assertFingerprint(specification: IndexSpecification, expected: string, index?: string): void {
  if (specification.fingerprint === expected) return
  const { name, version } = specification.model
  throw new LexpandError(
    'INDEX',
    `[mappings] expected fingerprint ${expected} in ${index ?? 'the index'}, got ${specification.fingerprint} (model ${name} ${version}, fields ${specification.fields.join(', ')}). Use that model and its options, or reindex into a new index.`,
  )
}

/** @throws LexpandError INDEX, with both hashes, when the query weights belong to another model */
export function assertQueryTable(specification: IndexSpecification, hash: string, index?: string): void {
  const { name, version, query_table_hash } = specification.model
  if (query_table_hash === hash) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected the query table ${query_table_hash} of ${index ?? 'the index'} (model ${name} ${version}), got ${hash}. Load the model that filled the index.`,
  )
}

/** @throws LexpandError INDEX, with both hashes, when the tokenizer belongs to another model */
export function assertVocabulary(specification: IndexSpecification, hash: string, index?: string): void {
  const { name, version, vocabulary_hash } = specification.model
  if (vocabulary_hash === hash) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected the vocabulary ${vocabulary_hash} of ${index ?? 'the index'} (model ${name} ${version}), got ${hash}. Load the model that filled the index.`,
  )
}

export function severalIndices(alias: string, concrete: readonly string[]): LexpandError {
  return new LexpandError(
    'INDEX',
    `[mappings] expected ${alias} to be one index, got ${concrete.length}: ${concrete.slice(0, 5).join(', ')}. Name one of them.`,
  )
}
