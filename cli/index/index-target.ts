import type { Client } from '@opensearch-project/opensearch'
import { type IndexSpecification, translateEngineError } from '../../mappings/index.ts'
import type { FieldMapping, IndexMapping } from '../../mappings/index-mapping.ts'
import { parseSpecification } from '../../mappings/specification.ts'
import { findColumnTypes, findMixedNumbers, mappingOf } from '../../sources/field-types.ts'
import type { Source } from '../../sources/open-source.ts'
import type { SourceRecord } from '../../sources/record.ts'
import { PASSAGE_MAPPING } from '../../sources/text/cut-records.ts'
import type { IndexBody } from '../../workers/reindex/index.ts'
import type { IndexFlags } from './index-flags.ts'

export interface IndexTarget {
  /** Undefined when there is no such index. */
  readonly mapping: IndexMapping | undefined
  /** Undefined when Lexpand has not set it up. */
  readonly installed: IndexSpecification | undefined
}

/** Reads the index that is to be filled. Several indices behind an alias are left to the installer, which refuses them. */
export async function readTarget(client: Client, index: string): Promise<IndexTarget> {
  const reply = await client.indices.getMapping({ index }, { ignore: [404] }).catch((error: unknown) => {
    throw translateEngineError(error, { part: 'index', index })
  })
  const [only, ...others] = reply.statusCode === 404 ? [] : Object.entries(reply.body)
  if (only === undefined || others.length > 0) return { mapping: undefined, installed: undefined }
  const [name, { mappings }] = only
  const mapping = (mappings ?? {}) as IndexMapping
  const stored = mapping._meta?.lexpand
  return { mapping, installed: stored === undefined ? undefined : parseSpecification(stored, name) }
}

export interface ColumnPlan {
  /** Types of the values, by field. */
  readonly types: Readonly<Record<string, string>>
  /** Fields of the index beside Lexpand's own. */
  readonly mapping: IndexMapping
  /** Types that were found and are reported. */
  readonly found: Readonly<Record<string, string>>
}

/**
 * Types of the fields beside the text: those of the user, else those of the index, else those found in the first
 * documents.
 *
 * @param fields text fields; these keep their analyzer
 */
export function planColumns(
  { types: wanted = {}, idField, passages }: IndexFlags,
  body: IndexBody | undefined,
  { mapping }: IndexTarget,
  source: {
    readonly kind: Source['kind']
    readonly sample: readonly SourceRecord[]
    readonly fields: readonly string[]
  },
): ColumnPlan {
  const given = (body?.mappings ?? {}) as IndexMapping
  const known = { ...mapping?.properties, ...given.properties }
  const isText = source.kind === 'csv' || source.kind === 'tsv'
  const all = isText ? findColumnTypes(source.sample, idField) : findMixedNumbers(source.sample)
  const found = Object.fromEntries(
    Object.entries(all).filter(
      ([name]) =>
        !source.fields.includes(name) && !Object.hasOwn(wanted, name) && !Object.hasOwn(known, name),
    ),
  )
  const properties: Record<string, FieldMapping> = {
    ...given.properties,
    ...(passages === undefined ? {} : PASSAGE_MAPPING),
    ...mapped(found),
    ...mapped(wanted),
  }
  const ofIndex = Object.entries(known).flatMap(([name, { type }]) =>
    type === undefined ? [] : [[name, type]],
  )
  const types = isText ? { ...found, ...Object.fromEntries(ofIndex), ...wanted } : {}
  return { types, mapping: { ...given, properties }, found }
}

function mapped(types: Readonly<Record<string, string>>): Record<string, FieldMapping> {
  return Object.fromEntries(
    Object.entries(types).map(([name, type]) => [name, mappingOf(type as Parameters<typeof mappingOf>[0])]),
  )
}
