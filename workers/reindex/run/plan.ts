import type { API, Client } from '@opensearch-project/opensearch'
import type { FieldMapping, IndexMapping } from '../../../mappings/index-mapping.ts'
import { missingOwnFields, newMapping } from '../../../mappings/mapping.ts'
import { SIDECAR } from '../../../mappings/sidecar.ts'
import { type IndexSpecification, parseSpecification } from '../../../mappings/specification.ts'
import { type VectorType, vectorTypeOf } from '../../../mappings/vectors/vector-type.ts'
import type { AliasOfIndex } from '../../../opensearch/alias.ts'
import { acknowledged } from '../../../opensearch/failures/acknowledged.ts'
import { translateEngineError } from '../../../opensearch/failures/engine-error.ts'
import { LexpandError } from '../../../sparse/errors.ts'
import { RETIRED } from './retire.ts'

/** An index as a migration finds it. */
export interface FoundIndex {
  readonly name: string
  readonly uuid: string
  readonly mapping: IndexMapping
  /** Settings with flat names, such as `index.number_of_shards`. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly aliases: readonly AliasOfIndex[]
  /** Undefined when Lexpand did not set the index up, and for a retired index. */
  readonly specification: IndexSpecification | undefined
}

/** @returns undefined when there is no index of that name @throws LexpandError INDEX when it is closed */
export async function findIndex(client: Client, name: string): Promise<FoundIndex | undefined> {
  try {
    const reply = await client.indices.get(
      { index: name, flat_settings: true, expand_wildcards: 'all' },
      { ignore: [404] },
    )
    const state = reply.statusCode === 404 ? undefined : reply.body[name]
    if (state === undefined) return undefined
    const settings = (state.settings ?? {}) as Record<string, unknown>
    const mapping = (state.mappings ?? {}) as IndexMapping
    const stored = mapping._meta?.[SIDECAR] ?? mapping._meta?.[RETIRED]
    return {
      name,
      uuid: String(settings['index.uuid']),
      mapping,
      settings,
      aliases: Object.entries(state.aliases ?? {}).map(([alias, own]) => ({
        alias,
        ...own,
      })) as AliasOfIndex[],
      specification: stored === undefined ? undefined : parseSpecification(stored, name),
    }
  } catch (error) {
    throw translateEngineError(error, { part: 'reindex', index: name })
  }
}

/** Whether the index has all of these aliases; it may have others. */
export async function hasAliases(
  client: Client,
  index: string,
  aliases: readonly AliasOfIndex[],
): Promise<boolean> {
  const found = await findIndex(client, index)
  return aliases.every(({ alias }) => found?.aliases.some((own) => own.alias === alias))
}

/**
 * Refuses an index that cannot be copied without loss.
 *
 * @throws LexpandError INDEX with the reason
 */
export async function assertCopyable(
  client: Client,
  { name, mapping, settings, specification }: FoundIndex,
): Promise<void> {
  const fail = (text: string) => {
    throw new LexpandError('INDEX', `[reindex] ${text}`)
  }
  for (const block of BLOCKS) {
    if (isTrue(settings[`index.blocks.${block}`])) {
      fail(
        `expected index ${name} without blocks, got index.blocks.${block}. Lift it with PUT /${name}/_settings {"index.blocks.${block}": null}: nobody could write to its copy either.`,
      )
    }
  }
  const health = await client.cat.indices({ index: name, h: ['status'], format: 'json' })
  const [row] = health.body as unknown as readonly { status?: string }[]
  if (row?.status === 'close') {
    fail(`expected index ${name} open, got a closed index. Open it with POST /${name}/_open.`)
  }
  const { enabled = true, includes = [], excludes = [] } = mapping._source ?? {}
  // Vectors can be made again, unlike what a client wrote.
  const field = specification?.sparse_field
  const lost = excludes.filter((path) => field === undefined || (path !== field && path !== `${field}.*`))
  if (!enabled || includes.length > 0 || lost.length > 0) {
    fail(
      `expected _source of index ${name} to be complete, got ${enabled ? `one without ${[...lost, ...includes.map((path) => `all but ${path}`)].join(', ')}` : 'none'}. Documents cannot be copied from it: fill a new index from where they came from.`,
    )
  }
}

const BLOCKS = ['write', 'read_only', 'read_only_allow_delete', 'read', 'metadata']

function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}

/** Mapping and settings that the new index should get, in the form of `PUT /index`. */
export interface IndexBody {
  readonly mappings?: IndexMapping | undefined
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

export interface TargetBody {
  readonly mappings: IndexMapping
  /** Settings with flat names. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Settings for the moment when the alias moves: until then documents are copied as they are and must not pass the pipelines again. */
  readonly later: Readonly<Record<string, unknown>>
}

/**
 * Mapping and settings of the new index: those of the old one, with the sparse field, sidecar and specification of the
 * new set-up. The number of shards stays unless it is given, because documents with one id and different routing then
 * stay apart.
 *
 * @param wanted mappings replace those of the old index; each setting overrides the old one
 * @param vectorType type of the new sparse field; by default as in the wanted mappings, else as in the old index
 * @throws LexpandError INDEX when the index uses Lexpand's field names for something else
 */
export function targetBody(
  old: FoundIndex,
  specification: IndexSpecification,
  wanted: IndexBody = {},
  vectorType: VectorType | undefined = keptVectorType(old, specification, wanted),
): TargetBody {
  const base = wanted.mappings ?? old.mapping
  const ours = [SIDECAR, old.specification?.sparse_field]
  const isOurs = old.specification !== undefined
  const present = Object.entries(base.properties ?? {}).filter(([name]) => !(isOurs && ours.includes(name)))
  const properties: Record<string, FieldMapping> = Object.fromEntries(present)
  const fresh = newMapping(specification, { vectorType })
  const settings = { ...flat(old.settings), ...flat(wanted.settings ?? {}) }
  const kept = Object.entries(settings).filter(([key]) => !NOT_COPIED.some((pattern) => pattern.test(key)))
  const { 'index.final_pipeline': final, ...now } = Object.fromEntries(kept)
  return {
    mappings: {
      ...base,
      _meta: { ...withoutRetired(base._meta), ...fresh._meta },
      properties: {
        ...properties,
        ...missingOwnFields(properties, specification, old.name, vectorType),
      },
    },
    settings: now,
    later: final === undefined ? {} : { 'index.final_pipeline': final },
  }
}

function keptVectorType(
  old: FoundIndex,
  { sparse_field }: IndexSpecification,
  { mappings = {} }: IndexBody,
): VectorType | undefined {
  const before = old.specification
  return (
    vectorTypeOf(mappings, sparse_field) ??
    (before === undefined ? undefined : vectorTypeOf(old.mapping, before.sparse_field))
  )
}

function withoutRetired({ [RETIRED]: _, ...meta }: NonNullable<IndexMapping['_meta']> = {}) {
  return meta
}

/** Settings that belong to one index only, or that Lexpand sets. */
const NOT_COPIED = [
  /^index\.(uuid|creation_date|provided_name|history_uuid|default_pipeline|verified_before_close)$/,
  /^index\.(version|blocks|resize|shrink|split|frozen|opendistro|plugins\.index_state_management)\b/,
  /^index\.routing\.allocation\.initial_recovery\b/,
]

/** Flattens settings: {index: {a: 1}}, {a: 1} and {'index.a': 1} mean the same to the engine; arrays stay whole. */
function flat(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const found: [string, unknown][] = []
  const walk = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) found.push([path, value])
    else for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`)
  }
  walk(settings, '')
  return Object.fromEntries(
    found.map(([path, value]) => [path.startsWith('index.') ? path : `index.${path}`, value]),
  )
}

/** @throws LexpandError INDEX with the engine's reason when it refuses the body */
export async function createTarget(client: Client, name: string, body: TargetBody): Promise<FoundIndex> {
  const creation = client.indices.create({
    index: name,
    wait_for_active_shards: '1',
    body: {
      settings: body.settings,
      mappings: body.mappings as NonNullable<API.Indices_Create_RequestBody['mappings']>,
    },
  })
  await acknowledged(creation, { part: 'reindex', index: name })
  const made = await findIndex(client, name)
  if (made !== undefined) return made
  throw new LexpandError('INDEX', `[reindex] expected index ${name} after making it, got none. Run it again.`)
}
