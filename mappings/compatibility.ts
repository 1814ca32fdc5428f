import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../opensearch/failures/engine-error.ts'
import { isNotFound } from '../opensearch/failures/transient.ts'
import { assertIndexName } from '../opensearch/index-name.ts'
import { LexpandError } from '../sparse/errors.ts'
import { nearest } from '../sparse/nearest.ts'
import { formatPruning } from '../sparse/vectors/pruning-text.ts'
import type { IndexMapping } from './index-mapping.ts'
import { SEARCH_CHOICE } from './search-choice.ts'
import { type IndexSpecification, parseSpecification } from './specification.ts'
import { keepsVectors } from './stored-source.ts'
import { type LexicalFields, lexicalFields } from './text-fields.ts'
import { DEFAULT_VECTOR_TYPE, type VectorType, vectorTypeOf } from './vectors/vector-type.ts'

/** A concrete index and its specification. */
export interface SpecifiedIndex {
  /** The index's own name, even when an alias was asked for. */
  readonly name: string
  readonly specification: IndexSpecification
}

/** An index that Lexpand has set up. */
export interface InstalledIndex extends SpecifiedIndex {
  /** Whether `_source` keeps the vectors; otherwise they cannot be read back. */
  readonly vectorsInSource: boolean
  /** Type of the sparse field; it decides which queries the field can answer. */
  readonly vectorType: VectorType
  /** The text fields that a query by words can reach. */
  readonly lexical: LexicalFields
  /** The stored result of `lexpand advise` for searches, not parsed, because only searches need it. */
  readonly searchChoice?: unknown
}

/** Reads only the specification, as {@link readInstalledIndex} does. @throws LexpandError INDEX as it does */
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
  const mappings = await readMappings(client, index)
  const [only] = mappings
  if (only === undefined || mappings.length > 1)
    throw severalIndices(
      index,
      mappings.map(([name]) => name),
    )
  return installed(index, ...only)
}

/**
 * Reads the specifications of all indices behind an alias, or of the one index of that name.
 *
 * @throws LexpandError INDEX when there is no such index, or Lexpand did not set one of them up
 */
export async function readInstalledIndices(client: Client, index: string): Promise<InstalledIndex[]> {
  return (await readMappings(client, index)).map((mapping) => installed(index, ...mapping))
}

async function readMappings(client: Client, index: string): Promise<[string, IndexMapping][]> {
  assertIndexName(index, 'mappings')
  const reply = await client.indices.getMapping({ index }).catch(async (error: unknown) => {
    const translated = translateEngineError(error, { part: 'mappings', index })
    throw isNotFound(error) ? await withNearName(translated, client, index) : translated
  })
  return Object.entries(reply.body).map(([name, { mappings }]) => [name, (mappings ?? {}) as IndexMapping])
}

/** Adds the nearest existing name to the message: a missing index is usually a misspelt name. */
async function withNearName(error: Error, client: Client, index: string): Promise<Error> {
  // A user who may not list the indices gets the message without a name.
  const reply = await client.indices.getAlias({}).catch(() => undefined)
  const names = Object.entries(reply?.body ?? {}).flatMap(([name, { aliases = {} }]) => [
    name,
    ...Object.keys(aliases),
  ])
  const near = nearest(
    index,
    names.filter((name) => !name.startsWith('.')),
  )
  if (near === undefined) return error
  return new LexpandError('INDEX', `${error.message} Did you mean ${near}?`, { cause: error })
}

function installed(asked: string, name: string, mapping: IndexMapping): InstalledIndex {
  const stored = mapping._meta?.lexpand
  if (stored === undefined) {
    throw new LexpandError(
      'INDEX',
      `[mappings] expected an index that Lexpand has set up, got ${name} without _meta.lexpand. Run lexpand index --index ${asked}, or call installIndex.`,
    )
  }
  const specification = parseSpecification(stored, name)
  const { sparse_field } = specification
  return {
    name,
    specification,
    vectorsInSource: keepsVectors(mapping, sparse_field),
    vectorType: vectorTypeOf(mapping, sparse_field) ?? DEFAULT_VECTOR_TYPE,
    lexical: lexicalFields(specification.fields, mapping),
    searchChoice: mapping._meta?.[SEARCH_CHOICE],
  }
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

/**
 * Like {@link assertFingerprint}, where both specifications are known: the message names what differs before the
 * hashes.
 *
 * @throws LexpandError INDEX
 */
export function assertSameEncoding(
  stored: IndexSpecification,
  wanted: IndexSpecification,
  index: string,
): void {
  if (stored.fingerprint === wanted.fingerprint) return
  const parts = ENCODING_PARTS.map(([name, show]) => [name, show(wanted), show(stored)] as const)
  const differing = parts.filter(([, mine, theirs]) => mine !== theirs)
  const list = (side: 1 | 2) => differing.map((part) => `${part[0]} ${part[side]}`).join(', ')
  const hashes = `fingerprints ${wanted.fingerprint} and ${stored.fingerprint}`
  const [asked, there] =
    differing.length === 0 ? ['this version of the encoding', 'another one'] : [list(1), list(2)]
  const advice = index.startsWith('template ')
    ? 'Use what it has, or another template'
    : `Use what it has, fill a new index (lexpand reindex --to NAME), or take Lexpand off this one: lexpand forget --index ${index}`
  throw new LexpandError(
    'INDEX',
    `[mappings] expected ${index} to be set up with ${asked}, got ${there} (${hashes}). ${advice}.`,
  )
}

const ENCODING_PARTS: readonly (readonly [string, (specification: IndexSpecification) => string])[] = [
  ['fields', ({ fields }) => fields.join(',')],
  ['model', ({ model }) => `${model.name} ${model.version}`],
  ['model files', ({ model }) => model.identity],
  ['pruning', ({ pruning }) => formatPruning(pruning)],
  [
    'windows',
    ({ windowing: { maxLength, overlap, maxWindows } }) =>
      `${maxWindows} of ${maxLength} with overlap ${overlap}`,
  ],
]

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
