import type { API, Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import { acknowledged } from '../opensearch/failures/acknowledged.ts'
import { translateEngineError } from '../opensearch/failures/engine-error.ts'
import { isAlreadyThere } from '../opensearch/failures/transient.ts'
import { assertIndexName } from '../opensearch/index-name.ts'
import { LexpandError } from '../sparse/errors.ts'
import { assertShape } from '../sparse/shape.ts'
import { textStart } from '../sparse/text-start.ts'
import { assertQueryTable, assertSameEncoding, severalIndices } from './compatibility.ts'
import type { IndexMapping } from './index-mapping.ts'
import { missingFields, missingOwnFields, newMapping } from './mapping.ts'
import { SIDECAR } from './sidecar.ts'
import { type IndexSpecification, parseSpecification } from './specification.ts'
import { assertSourceKept, assertVectorsWhole } from './stored-source.ts'
import { assertTextFields } from './text-fields.ts'
import { assertPluginFor } from './vectors/plugin-for.ts'
import { type VectorType, vectorTypeOf } from './vectors/vector-type.ts'
import { assertVersioning, externalVersion, type Versioning } from './versioning.ts'

export interface InstallOptions {
  /** Analyzer of the text fields of a new index. @default 'english' */
  readonly analyzer?: string | undefined
  /**
   * Type of the sparse field. `lexpand_impacts` has smaller postings (figures: plugin/README.md), but needs the plugin
   * on every node as long as the index lives, and only the query `lexpand` (and plain `term`) can search it.
   *
   * @default the type in an existing index; else 'rank_features'
   */
  readonly vectorType?: VectorType | undefined
  /** @default what an index that is set up already has; else 'internal', unless its documents have external versions */
  readonly versioning?: Versioning | undefined
  /** Further fields, in the form of `PUT /index`; see `MappingOptions`. */
  readonly mapping?: IndexMapping | undefined
  /** Primary shards of a new index. @default 1 */
  readonly shards?: number | undefined
  /**
   * Replicas of a new index. By default `auto_expand_replicas: 0-1`: one node is green without a replica, and a second
   * node gets one by itself.
   */
  readonly replicas?: number | undefined
  /** Further settings of a new index; they override those above. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

const optionsSchema = z.looseObject({
  analyzer: z.string().optional(),
  vectorType: z.enum(['rank_features', 'lexpand_impacts']).optional(),
  versioning: z.enum(['internal', 'external']).optional(),
  mapping: z.looseObject({}).optional(),
  shards: z.int().min(1).optional(),
  replicas: z.int().min(0).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
})

export interface Installed {
  /** Whether this call made the index. */
  readonly created: boolean
  /** Fields that this call added to the mapping. */
  readonly fieldsAdded: readonly string[]
  /** The present specification of the index. */
  readonly specification: IndexSpecification
}

/**
 * Prepares an index for sparse search: creates it, or adds the sparse field, the sidecar and `_meta.lexpand` to an
 * existing one whose text mapping and other `_meta` stay as they are. Running it again changes nothing.
 *
 * Needs `indices:admin/get`, `indices:admin/create` and `indices:admin/mapping/put`, and for the type `lexpand_impacts`
 * `cluster:monitor/nodes/info`.
 *
 * @param index index, or alias of one index
 * @throws LexpandError INDEX when the index has another fingerprint, one of Lexpand's field names with another type,
 *   lacks a text field, is blocked, or is a data stream, or a node lacks the plugin that the vector type needs;
 *   CONFIGURATION for a bad name
 */
export async function installIndex(
  client: Client,
  index: string,
  specification: IndexSpecification,
  options: InstallOptions = {},
): Promise<Installed> {
  assertShape(optionsSchema, options, 'mappings', 'CONFIGURATION')
  assertIndexName(index, 'mappings')
  try {
    const existing = await findIndex(client, index)
    if (existing !== undefined) return await extend(client, existing, specification, options)
    await assertPluginFor(client, options.vectorType, 'mappings')
    const created = await create(client, index, specification, options)
    if (created) {
      const { properties } = newMapping(specification, options)
      // A template may have given it what external versions do not go with.
      const { specification: stored } = await installIndex(client, index, specification, options)
      return { created, fieldsAdded: Object.keys(properties), specification: stored }
    }
    // Another client created it between the two requests; only its mapping counts.
    return await installIndex(client, index, specification, options)
  } catch (error) {
    throw translateEngineError(error, { part: 'mappings', index })
  }
}

export interface TemplateName {
  readonly name: string
  /** Index name patterns, for example `articles-*`. */
  readonly patterns: readonly string[]
}

/**
 * Stores a composable index template, so that indices created later by name pattern are set up from the start. Needs
 * `indices:admin/index_template/get` and `indices:admin/index_template/put`.
 *
 * @throws LexpandError INDEX when a template of that name was not made by Lexpand or has another fingerprint
 */
export async function installTemplate(
  client: Client,
  { name, patterns }: TemplateName,
  specification: IndexSpecification,
  options: InstallOptions = {},
): Promise<Installed> {
  assertShape(optionsSchema, options, 'mappings', 'CONFIGURATION')
  assertIndexName(name, 'mappings')
  assertPatterns(patterns)
  try {
    const existing = await client.indices.getIndexTemplate({ name }, { ignore: [404] })
    const found = existing.statusCode === 404 ? undefined : existing.body.index_templates[0]?.index_template
    if (found !== undefined) {
      const stored = found.template?.mappings?._meta?.[SIDECAR]
      if (stored === undefined) {
        throw new LexpandError(
          'INDEX',
          `[mappings] expected template ${name} to be free or made by Lexpand, got a foreign one. Choose another name.`,
        )
      }
      assertCompatible(parseSpecification(stored, `template ${name}`), specification, `template ${name}`)
    }
    const present = vectorTypeOf(
      (found?.template?.mappings ?? {}) as IndexMapping,
      specification.sparse_field,
    )
    const { vectorType = present } = options
    await assertPluginFor(client, vectorType, 'mappings')
    const wanted = withVersioning(specification, options.versioning)
    const mapping = newMapping(wanted, { ...options, vectorType })
    assertVersioning(wanted, `template ${name}`, mapping, {})
    const stored = client.indices.putIndexTemplate({
      name,
      body: {
        index_patterns: [...patterns],
        template: { settings: settingsOf(options), mappings: asBody(mapping) },
        // Above the built-in templates of common distributions, so that a broad pattern does not shadow this one.
        priority: 200,
        _meta: { description: 'Lexpand: text fields, learned sparse field and sidecar' },
      },
    })
    await acknowledged(stored, { part: 'mappings', index: `template ${name}` })
    return {
      created: found === undefined,
      fieldsAdded: found === undefined ? Object.keys(mapping.properties) : [],
      specification: wanted,
    }
  } catch (error) {
    throw translateEngineError(error, { part: 'mappings', index: `template ${name}` })
  }
}

type TypeMapping = NonNullable<API.Indices_Create_RequestBody['mappings']>

interface ExistingIndex {
  readonly name: string
  readonly mapping: IndexMapping
  /** Flat. */
  readonly settings: Readonly<Record<string, unknown>>
  /** The data stream that it belongs to. */
  readonly dataStream?: string | undefined
}

async function findIndex(client: Client, index: string): Promise<ExistingIndex | undefined> {
  const reply = await client.indices.get({ index, flat_settings: true }, { ignore: [404] })
  if (reply.statusCode === 404) return undefined
  const found = Object.entries(reply.body)
  const stream = found.find(([name, state]) => state.data_stream !== undefined && name !== index)
  if (stream !== undefined) {
    throw new LexpandError(
      'INDEX',
      `[mappings] expected an index, got the data stream ${index}. Name one of its indices (${found
        .map(([name]) => name)
        .slice(0, 5)
        .join(', ')}), or set all up with setUp.`,
    )
  }
  const [only] = found
  if (only === undefined || found.length > 1) {
    throw severalIndices(
      index,
      found.map(([name]) => name),
    )
  }
  const [name, { mappings, settings, data_stream }] = only
  return {
    name,
    dataStream: data_stream,
    mapping: (mappings ?? {}) as IndexMapping,
    settings: settings ?? {},
  }
}

/** @returns false when another client made the index meanwhile */
async function create(
  client: Client,
  index: string,
  specification: IndexSpecification,
  options: InstallOptions,
): Promise<boolean> {
  const mapping = newMapping(withVersioning(specification, options.versioning), options)
  assertSourceKept(specification.fields, mapping, index)
  try {
    const creation = client.indices.create({
      index,
      body: { settings: settingsOf(options), mappings: asBody(mapping) },
    })
    await acknowledged(creation, { part: 'mappings', index })
    return true
  } catch (error) {
    if (isAlreadyThere(error)) return false
    throw error
  }
}

async function extend(
  client: Client,
  { name, mapping, settings, dataStream }: ExistingIndex,
  given: IndexSpecification,
  options: InstallOptions,
): Promise<Installed> {
  const stored = mapping._meta?.[SIDECAR]
  const before = stored === undefined ? undefined : parseSpecification(stored, name)
  if (before !== undefined) assertCompatible(before, given, name)
  const specification = withVersioning(given, options.versioning ?? before?.versioning)
  assertVersioning(specification, name, mapping, settings)
  if (dataStream !== undefined && specification.versioning === 'external') {
    throw new LexpandError(
      'INDEX',
      `[mappings] expected versions numbered by the engine in the data stream ${dataStream}, got versioning external, which data streams do not take. Leave it out.`,
    )
  }
  const wanted = newMapping(specification, options)
  const present = mapping.properties ?? {}
  // An index without any field is treated as a new one: it gets its text fields, too.
  const isBlank = Object.keys(present).length === 0
  if (!isBlank) assertTextFields(specification.fields, mapping, name)
  assertSourceKept(specification.fields, mapping, name)
  assertVectorsWhole(specification.sparse_field, mapping, name)
  const additions = isBlank
    ? wanted.properties
    : {
        ...missingFields(present, options.mapping?.properties ?? {}, name),
        ...missingOwnFields(present, specification, name, options.vectorType),
      }
  const fieldsAdded = Object.keys(additions)
  if (fieldsAdded.includes(specification.sparse_field)) {
    await assertPluginFor(client, options.vectorType, 'mappings')
  }
  if (before === undefined && options.versioning === undefined) await assertInternalVersions(client, name)
  if (fieldsAdded.length > 0 || before?.versioning !== specification.versioning || stored === undefined) {
    const extended = client.indices.putMapping({
      index: name,
      // The engine replaces `_meta` as a whole, so the entries of others are sent again.
      body: asBody({ _meta: { ...mapping._meta, ...wanted._meta }, properties: additions }),
    })
    await acknowledged(extended, { part: 'mappings', index: name })
  }
  return { created: false, fieldsAdded, specification }
}

function withVersioning(
  specification: IndexSpecification,
  versioning: Versioning | undefined = specification.versioning,
): IndexSpecification {
  return { ...specification, versioning: versioning === 'external' ? versioning : undefined }
}

async function assertInternalVersions(client: Client, index: string): Promise<void> {
  const found = await externalVersion(client, index)
  if (found === undefined) return
  throw new LexpandError(
    'INDEX',
    `[mappings] expected versions numbered by the engine in ${index}, got version ${found.version} of document ${JSON.stringify(found.id).slice(0, 120)}, which a client numbered (version_type=external): an update of ours would make its next version refused. Set the index up with versioning external (--versioning external), or with internal when no client does so any more.`,
  )
}

/** Lexpand's type of a field is looser than the client's union of all field types. */
function asBody(mapping: IndexMapping): TypeMapping {
  return mapping as TypeMapping
}

function assertCompatible(stored: IndexSpecification, wanted: IndexSpecification, index: string): void {
  assertSameEncoding(stored, wanted, index)
  assertQueryTable(stored, wanted.model.query_table_hash, index)
  if (stored.sparse_field !== wanted.sparse_field) {
    throw new LexpandError(
      'INDEX',
      `[mappings] expected sparse field ${wanted.sparse_field} in ${index}, got ${stored.sparse_field}. Use that name, or a new index.`,
    )
  }
}

function settingsOf({ shards = 1, replicas, settings }: InstallOptions) {
  return {
    number_of_shards: shards,
    ...(replicas === undefined ? { auto_expand_replicas: '0-1' } : { number_of_replicas: replicas }),
    ...settings,
  }
}

function assertPatterns(patterns: readonly string[]): void {
  const isUsable = patterns.length > 0 && patterns.every((pattern) => /^[^*\s,_-][^\s,]*$/.test(pattern))
  if (isUsable) return
  throw new LexpandError(
    'CONFIGURATION',
    `[mappings] expected index patterns that start with a name, such as articles-*, got ${textStart(JSON.stringify(patterns), 120)}. Narrow them.`,
  )
}
